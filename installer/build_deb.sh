#!/bin/sh
# Builds dist/deskapp_VERSION_ARCH.deb from this tree: the program with its own Python and libraries in
# /opt/deskapp, a starter in /usr/bin and an entry in the menu.
#
# Run ./run test first: the package is made of that environment. Build on the oldest system that must be served,
# as the package needs the C library of the build machine or a newer one.
# COMPRESS=gzip makes a larger package in a fraction of the time, for trying.
set -eu
cd "$(dirname "$0")/.."
py=.venv/bin/python
stop() { printf 'build_deb: %s\n' "$*" >&2; exit 1; }

cmp -s requirements.lock .venv/ready.lock || stop "please run ./run test first."
for tool in dpkg-deb objdump; do
  command -v "$tool" >/dev/null || stop "please install: binutils dpkg-dev"
done
"$py" installer/compile_catalogue.py

version=$("$py" -P -c 'import deskapp; print(deskapp.__version__)')
arch=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH PYTHONHASHSEED=0

rm -rf build/deb build/pyinstaller dist/deskapp
"$py" -m PyInstaller --noconfirm --log-level WARN --workpath build/pyinstaller --distpath dist installer/deskapp.spec

tree=build/deb
mkdir -p "$tree/DEBIAN" "$tree/opt" "$tree/usr/bin" "$tree/usr/share/applications" \
  "$tree/usr/share/icons/hicolor/scalable/apps" "$tree/usr/share/doc/deskapp"
cp -a dist/deskapp "$tree/opt/deskapp"
ln -s /opt/deskapp/deskapp "$tree/usr/bin/deskapp"
cp installer/deskapp.desktop "$tree/usr/share/applications/"
cp installer/deskapp.svg "$tree/usr/share/icons/hicolor/scalable/apps/"
cp README.md CHANGELOG.md resources/fonts/OFL.txt "$tree/usr/share/doc/deskapp/"
cp installer/copyright "$tree/usr/share/doc/deskapp/copyright"

# The same system libraries that ./run installs; PyInstaller leaves the graphics drivers to the system.
depends=$(sed -n '/^packages="/,/"$/p' run | tr -d '"\n' | sed 's/^packages=//; s/  */, /g')
cat >"$tree/DEBIAN/control" <<CONTROL
Package: deskapp
Version: $version
Architecture: $arch
Section: misc
Priority: optional
Maintainer: the deskapp authors <deskapp@localhost>
Installed-Size: $(du -sk "$tree/opt" | cut -f1)
Depends: libc6 (>= $(ldd --version | sed -n '1s/.* //p')), $depends
Recommends: fonts-wqy-microhei | fonts-noto-cjk, cups-client
Description: after-sales desk for POS terminals at postal branches
 Tickets, remote guidance, check-in with labels and slips, diagnosis, quotes,
 tests, pickup and repair receipts, in Chinese and English, without a network.
CONTROL
(cd "$tree" && find opt usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
find "$tree" -type d -exec chmod 755 {} +
chmod -R go-w "$tree"

package=dist/deskapp_${version}_$arch.deb
dpkg-deb --root-owner-group -Z"${COMPRESS:-xz}" --build "$tree" "$package" >/dev/null
printf '%s  %s MB\n' "$package" "$(($(wc -c <"$package") / 1000000))"
