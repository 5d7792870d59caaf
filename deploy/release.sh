#!/usr/bin/env bash
# Cài một bản mới cạnh bản đang chạy, chưa đụng tới bản đang chạy. Chạy từ mã nguồn của bản mới, bằng root:
#   deploy/release.sh [THƯ-MỤC-GỐC, mặc định /opt/dondoc]
# Kết quả: GỐC/releases/TÊN-BẢN/ với mọi thư viện đúng mã băm trong deploy/requirements.lock.
set -euo pipefail
umask 022
SOURCE=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
ROOT=${1:-/opt/dondoc}
VERSION=$(sed -nE 's/^version = "(.*)"/\1/p' "$SOURCE/pyproject.toml" | head -1)
MARK=$(git -C "$SOURCE" rev-parse --short=10 HEAD 2>/dev/null || date -u +%Y%m%d%H%M%S)
TARGET=$ROOT/releases/$VERSION-$MARK

if [[ -e $TARGET/.ready ]]; then
  echo "Bản $VERSION-$MARK đã có ở $TARGET."
  exit 0
fi
rm -rf "$TARGET" # lần cài dở trước
mkdir -p "$ROOT/releases"
python3 -m venv "$TARGET"
"$TARGET/bin/pip" install --quiet --disable-pip-version-check "uv>=0.5"
export UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
"$TARGET/bin/uv" pip install --quiet --no-deps --require-hashes --python "$TARGET/bin/python" \
  --requirement "$SOURCE/deploy/requirements.lock"
"$TARGET/bin/uv" pip install --quiet --no-deps --python "$TARGET/bin/python" "$SOURCE"
cp -r "$SOURCE/deploy" "$TARGET/deploy"
install -d "$TARGET/docs"
cp "$SOURCE"/docs/*.md "$TARGET/docs/"
"$TARGET/bin/dondoc" --help >/dev/null
touch "$TARGET/.ready"
echo "Đã cài $TARGET."
echo "Đưa vào dùng: xem «Nâng cấp» trong deploy/README.md."
