#!/usr/bin/env bash
# Khôi phục từ một bản của backup.sh. Dừng mọi phần của Đôn Đốc trước (systemctl stop dondoc.target dondoc).
#   deploy/restore.sh THƯ-MỤC/2026-11-26T031000Z [--replace]
# Nơi khôi phục lấy từ cài đặt (như backup.sh). Có sẵn dữ liệu thì chỉ thay khi có --replace; SQLite cũ được dời
# sang tên khác, PostgreSQL cũ bị ghi đè: hãy sao lưu trước.
set -euo pipefail
umask 077
# shellcheck source=settings.sh
HERE=$(dirname "$(readlink -f "$0")")
source "$HERE/settings.sh"

FROM=${1:-}
REPLACE=${2:-}
[[ -d $FROM && -f $FROM/SHA256SUMS ]] || die "«$FROM» không phải một bản sao lưu"
[[ -z $REPLACE || $REPLACE == --replace ]] || die "không hiểu «$REPLACE»"
STAMP=$(date -u +%Y%m%dT%H%M%SZ)

(cd "$FROM" && sha256sum --check --quiet SHA256SUMS) || die "bản sao lưu đã bị thay đổi hoặc hỏng"

# Khóa của `dondoc serve`: còn người giữ là còn đang chạy.
if [[ -f $HOME_FOLDER/serve.lock ]] && ! flock -n "$HOME_FOLDER/serve.lock" true; then
  die "Đôn Đốc đang chạy trên $HOME_FOLDER; dừng nó trước"
fi

# --- xem trước: chưa đụng vào gì

check_kind() {
  local url=$1 name=$2
  if is_postgres "$url"; then
    [[ -f $FROM/$name.dump ]] || die "bản này là của SQLite, cài đặt lại trỏ tới PostgreSQL ($name)"
    use_postgres "$url"
    local tables
    tables=$(psql -AtX -c "SELECT count(*) FROM information_schema.tables WHERE table_schema='public'")
    [[ $tables == 0 || $REPLACE ]] || die "cơ sở dữ liệu $name đã có $tables bảng; thêm --replace để thay"
    local others
    others=$(psql -AtX -c "SELECT count(*) FROM pg_stat_activity WHERE datname=current_database() AND pid<>pg_backend_pid()")
    [[ $others == 0 ]] || die "còn $others kết nối tới cơ sở dữ liệu $name; dừng mọi phần của Đôn Đốc trước"
  else
    [[ -f $FROM/$name.db ]] || die "bản này là của PostgreSQL, cài đặt lại trỏ tới SQLite ($name)"
    [[ ! -e ${url#sqlite*:///} || $REPLACE ]] || die "đã có ${url#sqlite*:///}; thêm --replace để thay"
  fi
}

has() { [[ -f $FROM/$1.dump || -f $FROM/$1.db ]]; }

check_kind "$DATABASE" dondoc
if has prefect; then check_kind "$PREFECT_DATABASE" prefect; fi

# Đủ mọi tệp rồi mới bắt đầu: thiếu một tệp thì không khôi phục gì.
if [[ -f $FROM/files.txt ]] && is_folder "$STORE"; then
  python3 "$HERE/copy_files.py" check "$(dirname "$FROM")/store" "$FROM/files.txt" ||
    die "bản sao lưu thiếu tệp hoặc có tệp hỏng; chưa thay đổi gì"
fi

# --- làm

# Tệp SQLite được chép xong cạnh chỗ của nó trước khi thay gì: đĩa đầy thì chưa có gì đổi.
stage_database() {
  local file=${1#sqlite*:///} name=$2
  is_postgres "$1" && return
  mkdir -p "$(dirname "$file")"
  cp "$FROM/$name.db" "$file.part"
  sync "$file.part"
}

restore_database() {
  local url=$1 name=$2
  if is_postgres "$url"; then
    use_postgres "$url"
    # Một giao dịch: hoặc mọi thứ như bản sao, hoặc không gì thay đổi. Bảng của bản mới hơn cũng không còn.
    local list
    list=$(mktemp)
    pg_restore --list "$FROM/$name.dump" | grep -vE ' (SCHEMA - public|COMMENT - SCHEMA public) ' >"$list"
    {
      echo 'DROP SCHEMA public CASCADE; CREATE SCHEMA public;'
      pg_restore --no-owner --no-privileges --use-list="$list" --file=- "$FROM/$name.dump"
    } | psql -X --quiet --single-transaction --set ON_ERROR_STOP=1 --output=/dev/null
    rm -f "$list"
  else
    local file=${url#sqlite*:///}
    # Bản cũ giữ thêm một tên; tên thật đổi sang bản mới trong một bước: ngắt lúc nào cũng còn một cơ sở dữ liệu đủ.
    if [[ -e $file ]]; then
      python3 - "$file" <<'PY' || echo "Bản cũ đã hỏng; vẫn giữ lại." >&2
import sqlite3, sys
from contextlib import closing

with closing(sqlite3.connect(sys.argv[1], timeout=60)) as old:
    old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
PY
      for part in "$file" "$file-wal"; do
        if [[ -e $part ]]; then ln "$part" "$part.truoc-$STAMP"; fi
      done
    fi
    rm -f "$file-wal" "$file-shm"
    mv "$file.part" "$file"
    sync -f "$file"
  fi
  echo "Đã khôi phục cơ sở dữ liệu $name."
}

# Tệp trước: cơ sở dữ liệu không bao giờ nhắc tới tệp chưa có. Khóa ký sổ cũng trước: các khóa đang có được giữ ở dưới, nên sổ
# nào, cũ hay mới, cũng kiểm được. `secret.key` sau cùng: cơ sở dữ liệu chưa thay xong thì khóa của nó còn nguyên. Ngắt giữa
# chừng: chạy lại là đủ. Cơ sở dữ liệu của Prefect không có gì phải giữ đúng lúc: việc nào thiếu, `dondoc serve` đăng ký lại.
if [[ -f $FROM/files.txt ]] && is_folder "$STORE"; then
  mkdir -p "$STORE"
  python3 "$HERE/copy_files.py" copy "$(dirname "$FROM")/store" "$STORE" "$FROM/files.txt" || die "không chép được tệp nộp"
  echo "Đã khôi phục $(wc -l <"$FROM/files.txt") tệp vào $STORE."
fi
stage_database "$DATABASE" dondoc
if has prefect; then stage_database "$PREFECT_DATABASE" prefect; fi
mkdir -p "$HOME_FOLDER" "$(dirname "$TRAIL_KEY")"
rm -f "$KEY.part" # của một lần khôi phục bị ngắt trước đây, có thể từ bản sao lưu khác
if [[ -f $FROM/secret.key && -z ${DONDOC_SECRET_KEY:-} ]]; then
  cp "$FROM/secret.key" "$KEY.part"
  sync "$KEY.part"
elif [[ -f $FROM/secret.key && $(cat "$FROM/secret.key") != "${DONDOC_SECRET_KEY:-}" ]]; then
  echo "Chú ý: DONDOC_SECRET_KEY khác khóa trong bản sao lưu; đường dẫn đã gửi và token cũ sẽ không mở được." >&2
fi
if [[ -f $FROM/trail.key && -z ${DONDOC_TRAIL_KEY:-} ]]; then
  {
    cat "$FROM/trail.key"
    if [[ -f $TRAIL_KEY ]]; then
      echo
      grep -vxFf "$FROM/trail.key" "$TRAIL_KEY" || true
    fi
  } >"$TRAIL_KEY.part"
  sync "$TRAIL_KEY.part"
  mv "$TRAIL_KEY.part" "$TRAIL_KEY"
fi
if has prefect; then restore_database "$PREFECT_DATABASE" prefect; fi
restore_database "$DATABASE" dondoc
if [[ -f $KEY.part ]]; then
  if [[ -f $KEY ]] && ! cmp -s "$KEY" "$KEY.part"; then ln "$KEY" "$KEY.truoc-$STAMP"; fi
  mv "$KEY.part" "$KEY"
fi
echo "Xong. Bước tiếp: dondoc audit verify; bật lại dịch vụ; dondoc doctor."
