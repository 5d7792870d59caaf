#!/usr/bin/env bash
# Sao lưu trong khi hệ thống vẫn chạy: cơ sở dữ liệu (SQLite hoặc PostgreSQL), của Prefect nữa, tệp nộp, khóa.
#   deploy/backup.sh THƯ-MỤC [SỐ-BẢN-GIỮ, mặc định 30]
# Kết quả: THƯ-MỤC/2026-11-26T031000Z/ và THƯ-MỤC/store/ (tệp nộp, dùng chung cho mọi bản, chỉ thêm không bớt).
# Cài đặt lấy từ môi trường, rồi từ DONDOC_ENV_FILE, /etc/dondoc/dondoc.env hoặc .env.
set -euo pipefail
umask 077
# shellcheck source=settings.sh
HERE=$(dirname "$(readlink -f "$0")")
source "$HERE/settings.sh"

TARGET=${1:-}
KEEP=${2:-30}
[[ -n $TARGET ]] || die "thiếu thư mục. Cách dùng: backup.sh THƯ-MỤC [SỐ-BẢN-GIỮ]"
[[ $KEEP =~ ^[1-9][0-9]*$ ]] || die "số bản giữ phải là số dương"
mkdir -p "$TARGET"
exec 9>"$TARGET/.lock"
flock -n 9 || die "một lần sao lưu khác đang chạy vào $TARGET"

NAME=$(date -u +%Y-%m-%dT%H%M%SZ)
while [[ -e $TARGET/$NAME ]]; do # hai lần trong một giây là hai bản
  sleep 0.2
  NAME=$(date -u +%Y-%m-%dT%H%M%SZ)
done
DRAFT=$TARGET/.$NAME.part
rm -rf "$TARGET"/.*.part
mkdir "$DRAFT"

# `copy_database URL TÊN`: một bản nhất quán, không chặn ai đang làm việc.
copy_database() {
  local url=$1 name=$2
  if is_postgres "$url"; then
    use_postgres "$url"
    pg_dump --format=custom --no-owner --no-privileges --file="$DRAFT/$name.dump"
    pg_restore --list "$DRAFT/$name.dump" >/dev/null
  else
    [[ -f ${url#sqlite*:///} ]] || die "không thấy ${url#sqlite*:///}"
    python3 - "${url#sqlite*:///}" "$DRAFT/$name.db" <<'PY'
import sqlite3, sys
from contextlib import closing

with closing(sqlite3.connect(sys.argv[1], timeout=60)) as live, closing(sqlite3.connect(sys.argv[2])) as copy:
    live.backup(copy)
    copy.execute("PRAGMA journal_mode=DELETE")
    if copy.execute("PRAGMA quick_check").fetchone() != ("ok",):
        sys.exit("bản sao lưu hỏng")
PY
  fi
}

# Cơ sở dữ liệu trước, tệp sau: mọi tệp mà bản sao nhắc tới đã có mặt khi tới lượt chép tệp.
copy_database "$DATABASE" dondoc
if is_postgres "$PREFECT_DATABASE" || [[ -f ${PREFECT_DATABASE#sqlite*:///} ]]; then
  copy_database "$PREFECT_DATABASE" prefect
fi

# Một danh sách duy nhất, lập sau khi chép cơ sở dữ liệu: chép theo nó, kiểm theo nó, khôi phục theo nó. Tệp nộp thêm trong lúc
# ấy thuộc bản sau. Tên tệp là mã băm của nội dung, nên tệp đã có thì không đổi nữa; chép dở (*.part) thì không tính.
if is_folder "$STORE"; then
  mkdir -p "$TARGET/store"
  if [[ -d $STORE ]]; then
    (cd "$STORE" && find . -type f -regextype posix-extended -regex '.*/[0-9a-f]{64}' | sort) >"$DRAFT/files.txt"
    python3 "$HERE/copy_files.py" copy "$STORE" "$TARGET/store" "$DRAFT/files.txt" ||
      die "tệp nộp hỏng: kiểm tra đĩa (dondoc verify) trước khi sao lưu tiếp; các bản trước còn nguyên"
  fi
else
  echo "Kho tệp $STORE không ở máy này: sao lưu bằng phương tiện của kho." >&2
fi

if [[ -n ${DONDOC_SECRET_KEY:-} ]]; then
  printf '%s' "$DONDOC_SECRET_KEY" >"$DRAFT/secret.key"
elif [[ -f $KEY ]]; then
  cp "$KEY" "$DRAFT/secret.key"
fi

# Khóa ký sổ và các mốc của sổ; khóa giữ ở máy khác với cơ sở dữ liệu càng tốt.
for file in "$TRAIL_KEY" "$HOME_FOLDER/anchors.txt"; do
  if [[ -f $file ]]; then cp "$file" "$DRAFT/"; fi
done

# Cài đặt, để dựng lại được cả máy; khôi phục không tự đè lên cài đặt đang có.
SETTINGS_FILE=${DONDOC_ENV_FILE:-/etc/dondoc/dondoc.env}
if [[ -r $SETTINGS_FILE ]]; then cp "$SETTINGS_FILE" "$DRAFT/settings.env"; fi

SUMS=$(cd "$DRAFT" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
echo "$SUMS" >"$DRAFT/SHA256SUMS"
sync -f "$DRAFT"
mv -T "$DRAFT" "$TARGET/$NAME"
sync -f "$TARGET"

# Giữ KEEP bản mới nhất; tệp nộp thì giữ mãi.
find "$TARGET" -mindepth 1 -maxdepth 1 -type d -name '20*T*Z' | sort -r | tail -n +$((KEEP + 1)) |
  while IFS= read -r old; do rm -rf "$old"; done
echo "Đã sao lưu vào $TARGET/$NAME ($(du -sh "$TARGET/$NAME" | cut -f1))."
