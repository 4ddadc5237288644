#!/usr/bin/env bash
# Makes dist/shebao-tablet_VERSION_ARCHITECTURE.deb of the folder that deploy/tablet.sh has made.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$1 root=build/deb
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
architecture=$(dpkg --print-architecture)
package=dist/shebao-tablet_${version}_$architecture.deb
# what a kiosk needs, without Python; what the machine's own graphics drivers share with us; the C library this was made with
depends=$(sed -e 's/#.*//' -e '/^\s*$/d' -e '/^python3/d' deploy/packages.txt | paste -sd, | sed 's/,/, /g')
libc=$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)

rm -rf $root
mkdir -p $root/DEBIAN $root/opt $root/etc/shebao-kiosk $root/etc/udev/rules.d $root/usr/bin \
    $root/usr/lib/systemd/system $root/usr/share/doc/shebao-tablet
cp -a "$folder" $root/opt/shebao-tablet
ln -s /opt/shebao-tablet/kiosk $root/usr/bin/shebao-tablet
cp deploy/tablet/tablet.toml $root/etc/shebao-kiosk/tablet.toml
cp deploy/tablet/70-shebao-tablet.rules $root/etc/udev/rules.d/
cp docs/tablet-build.md docs/config.md $root/usr/share/doc/shebao-tablet/
{
    cat LICENSE
    echo
    echo "The licences of all that comes with it are in /opt/shebao-tablet/licences."
} >$root/usr/share/doc/shebao-tablet/copyright
# the kiosk's own service, with another program and another file; a reader by Bluetooth is one more kind of device
sed -e 's#/opt/shebao-kiosk/.venv/bin/kiosk#/opt/shebao-tablet/kiosk#' -e 's#/opt/shebao-kiosk#/opt/shebao-tablet#' \
    -e 's#kiosk\.toml#tablet.toml#' -e 's#^Description=.*#Description=Social insurance tablet for visits#' \
    -e 's#^\# The kiosk on a fixed machine.*#\# The tablet.  docs: /usr/share/doc/shebao-tablet#' \
    -e '/^DeviceAllow=char-ttyUSB/i DeviceAllow=char-rfcomm rw' kiosk.service >$root/usr/lib/systemd/system/shebao-tablet.service
printf '/etc/shebao-kiosk/tablet.toml\n/etc/udev/rules.d/70-shebao-tablet.rules\n' >$root/DEBIAN/conffiles
cp deploy/tablet/postinst deploy/tablet/prerm deploy/tablet/postrm $root/DEBIAN/
cat >$root/DEBIAN/control <<CONTROL
Package: shebao-tablet
Version: $version
Architecture: $architecture
Maintainer: shebao-kiosk maintainers <maintainers@example.invalid>
Section: misc
Priority: optional
Installed-Size: $(du -sk --apparent-size $root | cut -f1)
Depends: libc6 (>= $libc), libgcc-s1, libstdc++6, zlib1g, passwd, $depends
Recommends: xserver-xorg
Description: Social insurance terminal for visits at home
 The self-service terminal's program as a tablet of field staff runs it, with
 everything it needs but the graphics drivers. It brings its own Python.
CONTROL
chmod 755 $root/DEBIAN/postinst $root/DEBIAN/prerm $root/DEBIAN/postrm
chmod -R u=rwX,go=rX $root/opt $root/usr
chmod 640 $root/etc/shebao-kiosk/tablet.toml # it will hold the tablet's token
(cd $root && find etc opt usr -type f -print0 | sort -z | xargs -0 md5sum) >$root/DEBIAN/md5sums
find $root -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
rm -f dist/shebao-tablet_*.deb
dpkg-deb --root-owner-group -Zzstd -z10 --build $root "$package" >/dev/null
rm -rf $root
echo "$package: $(du -m "$package" | cut -f1) MB; $folder: $(du -sm "$folder" | cut -f1) MB"
