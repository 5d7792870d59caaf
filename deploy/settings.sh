# Được backup.sh và restore.sh đọc vào: cài đặt ở đâu, cơ sở dữ liệu nào, tệp ở đâu. Không chạy riêng.
# shellcheck shell=bash disable=SC2034

die() {
  echo "Không thực hiện được: $*" >&2
  exit 1
}

# Cài đặt đã có trong môi trường được giữ; còn lại đọc từ tệp. Tệp là danh sách TÊN=giá trị, không phải lệnh.
read_settings() {
  local file=${DONDOC_ENV_FILE:-} line name value
  if [[ -z $file ]]; then
    for candidate in /etc/dondoc/dondoc.env .env; do
      [[ -r $candidate ]] && file=$candidate && break
    done
  fi
  [[ -n $file ]] || return 0
  [[ -r $file ]] || die "không đọc được $file"
  while IFS= read -r line || [[ -n $line ]]; do
    [[ $line =~ ^[[:space:]]*(DONDOC_[A-Z0-9_]+)=(.*)$ ]] || continue
    name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
    [[ $value =~ ^\"(.*)\"$ || $value =~ ^\'(.*)\'$ ]] && value=${BASH_REMATCH[1]}
    [[ -n ${!name+set} ]] || export "$name=$value"
  done <"$file"
}

# `use_postgres URL`: PGHOST, PGUSER… cho các công cụ của PostgreSQL; mật khẩu không hiện trong danh sách tiến trình.
use_postgres() {
  eval "$(python3 - "$1" <<'PY'
import shlex, sys
from urllib.parse import parse_qs, unquote, urlsplit

url = urlsplit(sys.argv[1])
given = {
    "PGHOST": url.hostname or parse_qs(url.query).get("host", [""])[0],
    "PGPORT": str(url.port or ""),
    "PGUSER": unquote(url.username or ""),
    "PGPASSWORD": unquote(url.password or ""),
    "PGDATABASE": url.path.strip("/"),
}
for name, value in given.items():
    print(f"export {name}={shlex.quote(value)}" if value else f"unset {name}")
PY
)"
}

is_postgres() {
  [[ $1 == postgresql* ]]
}

is_folder() {
  [[ $1 != *://* || $1 == file://* ]]
}

read_settings
HOME_FOLDER=${DONDOC_HOME:-.dondoc}
DATABASE=${DONDOC_DATABASE_URL:-sqlite:///$HOME_FOLDER/dondoc.db}
PREFECT_DATABASE=${DONDOC_PREFECT_DATABASE_URL:-sqlite:///$HOME_FOLDER/prefect.db}
STORE=${DONDOC_STORE_URL:-$HOME_FOLDER/submissions}
STORE=${STORE#file://}
KEY=$HOME_FOLDER/secret.key
# Khóa ký sổ nằm cạnh tệp SQLite, ở home với PostgreSQL (plan/keys/trail.py).
TRAIL_KEY=$HOME_FOLDER/trail.key
is_postgres "$DATABASE" || TRAIL_KEY=$(dirname "${DATABASE#sqlite*:///}")/trail.key
