# What the tests need, each part installed only if it is missing. Used by `./test tools`.
# shellcheck shell=bash

# A command that must be there, and the Debian packages that bring it.
NEEDED="
cc                     gcc libc6-dev
c++                    g++
git                    git
python3                python3
socat                  socat
strace                 strace
Xvfb                   xvfb
xprop                  x11-utils
mono                   mono-runtime
mcs                    mono-mcs
wine                   wine wine64
x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64
dbus-daemon            dbus
dbus-send              dbus
gdbus                  libglib2.0-bin
busctl                 systemd
"

install_packages() {
    local row missing=()
    while read -ra row; do
        [ ${#row[@]} -eq 0 ] || command -v "${row[0]}" >/dev/null || missing+=("${row[@]:1}")
    done <<<"$NEEDED"
    # Without pip there is no .NET runtime.
    python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
    # Mono's WCF is a library, without a command of its own.
    [ -e /usr/lib/mono/4.5/System.ServiceModel.dll ] || missing+=(libmono-system-servicemodel4.0a-cil)
    # D-Bus in Python is a library too, of Debian's own Python and of no other on the PATH.
    /usr/bin/python3 -c 'import dbus, gi' 2>/dev/null || missing+=(python3-dbus python3-gi)
    if [ ${#missing[@]} -eq 0 ]; then
        echo "Debian packages: all there"
        return
    fi
    echo "Debian packages: installing ${missing[*]}"
    command -v apt-get >/dev/null || die "these Debian packages are missing: ${missing[*]}" "install them, here there is no apt-get"
    quietly as_root apt-get update
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root, and there is no sudo: $*" "run it as root, then ./test again"
    fi
}

# Shows what the command printed only if it fails.
quietly() {
    local output
    output=$("$@" 2>&1) || { echo "$output"; die "this failed: $*" "read the lines above it"; }
}

install_rust_parts() {
    command -v rustup >/dev/null || die "rustup is missing" "install Rust with rustup, from rustup.rs"
    rustup_has target x86_64-pc-windows-gnu x86_64-pc-windows-msvc aarch64-apple-darwin ||
        rustup_add target x86_64-pc-windows-gnu x86_64-pc-windows-msvc aarch64-apple-darwin
    rustup_has component rustfmt clippy || rustup_add component rustfmt clippy
    rustup toolchain list | grep -q ^nightly ||
        rustup_try toolchain install nightly --profile minimal --component miri,rust-src
    rustup_has component --toolchain=nightly miri rust-src ||
        rustup_add component --toolchain=nightly miri rust-src
    echo "Rust: $(rustc --version), $(rustc +nightly --version)"
}

# rustup_has KIND [--toolchain=NAME] NAME..: is each of them installed?
rustup_has() {
    local kind=$1 toolchain=() installed name
    shift
    case $1 in --toolchain=*) toolchain=("$1"); shift ;; esac
    installed=$(rustup "$kind" list --installed "${toolchain[@]}")
    for name in "$@"; do
        grep -Eq "^$name(-x86_64-unknown-linux-gnu)?$" <<<"$installed" || return 1
    done
}

rustup_add() {
    local kind=$1
    shift
    rustup_try "$kind" add "$@"
}

rustup_try() {
    echo "Rust: rustup $*"
    rustup "$@" || die "rustup could not install it" "reach rustup's server, or install it by hand: rustup $*"
}

install_cargo_tool() {
    local name=$1 version=$2
    if command -v "$name" >/dev/null; then
        echo "$name: there"
        return
    fi
    echo "$name: compiling version $version"
    # Its own target directory, so that nothing of it mixes with samebox's.
    quietly env CARGO_TARGET_DIR="$root/target/tools" cargo install --locked --version "$version" "$name"
    command -v "$name" >/dev/null || die "$name is not on the PATH" "add cargo's bin directory to the PATH"
    rm -rf target/tools
}

install_dotnet() {
    if [ ! -x target/dotnet/dotnet ]; then
        local download=target/dotnet-download
        rm -rf $download target/dotnet
        mkdir -p $download
        quietly python3 -m pip download --no-deps --require-hashes -r tools/dotnet-runtime.txt -d $download
        python3 -m zipfile -e $download/*.whl $download
        # A zip file does not keep the permission to execute.
        chmod +x $download/dotnetcore2/bin/dotnet
        mv $download/dotnetcore2/bin target/dotnet
        rm -rf $download
    fi
    target/dotnet/dotnet --list-runtimes || die "the .NET runtime does not start" "rm -rf target/dotnet and try again"
}

make_wine_prefix() {
    local prefix=$root/target/wine ready
    # Otherwise Debian's wine says each time that it cannot run 32-bit programs.
    export WINEDEBUG=-all
    ready="$(wine --version) $(cksum <tools/bcryptprimitives.c)"
    if [ "$(cat "$prefix/samebox-ready" 2>/dev/null)" = "$ready" ]; then
        echo "Wine prefix: there"
        return
    fi
    echo "Wine prefix: making $prefix"
    rm -rf "$prefix"
    # With a display Wine would ask whether to fetch Mono and Gecko.
    WINEPREFIX=$prefix WINEDLLOVERRIDES="mscoree=;mshtml=" quietly limit 5 env -u DISPLAY wineboot -i
    x86_64-w64-mingw32-gcc -shared -O1 -s tools/bcryptprimitives.c \
        -o "$prefix/drive_c/windows/system32/bcryptprimitives.dll" -ladvapi32
    echo "$ready" >"$prefix/samebox-ready"
    check_wine || { rm "$prefix/samebox-ready"; die "a Rust program does not run under Wine" "run wine --version; Wine 8 is known to work"; }
}

check_wine() {
    local program=target/random_seed.exe output
    rustc --target x86_64-pc-windows-gnu tools/random_seed.rs -o $program
    output=$(tools/wine-run $program)
    rm $program
    [ "$output" = seeded ]
}
