# The stages of `./test`, in their order. Each is a function `stage_NAME` that fails when it must.
# shellcheck shell=bash
STAGES="tools format lint docs deny unit miri tsan peers wine portability house fuzz benches"

WINDOWS=x86_64-pc-windows-gnu
# What `cargo check` must accept although nothing here can run it.
FOREIGN_TARGETS="x86_64-pc-windows-msvc aarch64-apple-darwin"
FUZZ_SECONDS=60
# The crate with the tests against foreign programs; it needs what the stage `peers` builds.
NOT_PEERS=(--workspace --exclude samebox-peers)

about() {
    case $1 in
    tools) echo "install what the tests need" ;;
    format) echo "cargo fmt" ;;
    lint) echo "clippy for Linux and Windows, warnings are errors" ;;
    docs) echo "cargo doc, warnings are errors" ;;
    deny) echo "licences, bans and sources of every dependency" ;;
    unit) echo "all Rust tests of this machine" ;;
    miri) echo "the crates without I/O, and shared memory, under Miri" ;;
    tsan) echo "the ring between two threads under ThreadSanitizer" ;;
    peers) echo "programs that are not samebox: .NET Core, Mono, Win32, Python, D-Bus, X11" ;;
    wine) echo "all Rust tests of Windows, under Wine" ;;
    portability) echo "cargo check for $FOREIGN_TARGETS" ;;
    house) echo "rules that no other tool checks" ;;
    fuzz) echo "each fuzz target for $FUZZ_SECONDS s" ;;
    benches) echo "the comparisons with other crates run, a moment for each" ;;
    esac
}

# What to do when the stage fails and its own output does not say.
advice() {
    case $1 in
    tools) echo "read the error above; everything comes from apt, rustup, crates.io and PyPI" ;;
    format) echo "cargo fmt --all" ;;
    lint) echo "cargo clippy --workspace --all-targets, and again with --target $WINDOWS" ;;
    deny) echo "change the dependency, or deny.toml if the rule is wrong" ;;
    wine) echo "repeat one test with CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=\$PWD/tools/wine-run cargo test --target $WINDOWS NAME" ;;
    fuzz) echo "the input is in fuzz/artifacts; add it as a test" ;;
    *) echo "read the error above" ;;
    esac
}

# limit MINUTES COMMAND..: in CI a hang must end; by hand there is Ctrl-C.
limit() {
    local minutes=$1 result=0
    shift
    if [ -z "${CI-}" ]; then
        "$@"
        return
    fi
    timeout --kill-after=10s "${minutes}m" "$@" || result=$?
    # 124: ended when asked to; 137: had to be killed.
    case $result in 124 | 137) die "no end after $minutes minutes: $*" "look for a test that waits for ever" ;; esac
    return "$result"
}

stage_tools() {
    install_packages
    install_rust_parts
    install_cargo_tool cargo-deny 0.20.2
    install_cargo_tool cargo-fuzz 0.13.2
    install_dotnet
    make_wine_prefix
}

stage_format() {
    cargo fmt --all --check
}

stage_lint() {
    limit 15 cargo clippy --workspace --all-targets -- -D warnings
    limit 15 cargo clippy --workspace --all-targets --target $WINDOWS -- -D warnings
}

stage_docs() {
    RUSTDOCFLAGS="-D warnings" limit 15 cargo doc --workspace --no-deps
}

# Not `advisories`: their database is a git repository, and the tests must pass on a machine that
# reaches package registries only.
stage_deny() {
    cargo deny --all-features check licenses bans sources
}

stage_unit() {
    limit 20 cargo test --no-fail-fast "${NOT_PEERS[@]}"
}

stage_miri() {
    limit 15 cargo +nightly miri test -p samebox-framing -p samebox-core --lib --tests
    limit 5 cargo +nightly miri test -p samebox-sys --lib memory::
    # Each seed is another order of the threads' steps.
    MIRIFLAGS=-Zmiri-many-seeds=0..8 limit 5 cargo +nightly miri test -p samebox-shm --test ring
}

# It follows what the standard library does only if that is compiled for it too.
stage_tsan() {
    RUSTFLAGS=-Zsanitizer=thread limit 15 cargo +nightly test -p samebox-shm --test ring \
        -Zbuild-std --target x86_64-unknown-linux-gnu --target-dir target/tsan
}

# The peers meet each other first: what fails after that is samebox's. The tests also drive the
# program, on Linux and under Wine, so it is built for both.
stage_peers() {
    peers/build
    limit 5 peers/check
    limit 15 cargo build -p samebox-cli
    limit 15 cargo build -p samebox-cli --target $WINDOWS
    limit 15 cargo test --no-fail-fast -p samebox-peers
}

stage_wine() {
    export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=$root/tools/wine-run
    limit 20 cargo test --no-fail-fast "${NOT_PEERS[@]}" --target $WINDOWS
}

stage_portability() {
    local target
    for target in $FOREIGN_TARGETS; do
        rustup target list --installed | grep -qx "$target" || die "the target $target is missing" "./test tools"
        echo "-- $target"
        limit 10 cargo check --workspace --target "$target"
    done
}

stage_house() {
    tools/house
}

# As many targets at once as there are cores. What a run finds stays in target/fuzz; only inputs
# worth keeping go to fuzz/corpus by hand.
stage_fuzz() {
    local targets
    limit 20 cargo +nightly fuzz build --target-dir target/fuzz
    targets=$(cargo +nightly fuzz list)
    export FUZZ_SECONDS
    export -f fuzz limit die
    xargs -P "$(nproc)" -I{} bash -ec 'fuzz {}' <<<"$targets"
}

# Its output is shown whole, and only when something is found.
fuzz() {
    local target=$1 log=target/fuzz/$1.log
    mkdir -p "target/fuzz/found/$target" "fuzz/corpus/$target"
    if limit 10 cargo +nightly fuzz run --target-dir target/fuzz "$target" \
        "target/fuzz/found/$target" "fuzz/corpus/$target" -- \
        -max_total_time="$FUZZ_SECONDS" -rss_limit_mb=2048 -timeout=10 >"$log" 2>&1; then
        echo "-- $target: $(grep -o 'Done [0-9]* runs' "$log")"
    else
        cat "$log"
        return 1
    fi
}

# Nothing is timed here: it shows only that each of them still works.
stage_benches() {
    local comparison benches
    for comparison in peers services; do
        benches=(--manifest-path "benches/$comparison/Cargo.toml" --target-dir target/benches)
        cargo fmt --manifest-path "benches/$comparison/Cargo.toml" --check
        limit 15 cargo test --release "${benches[@]}"
        limit 5 cargo run --release "${benches[@]}" -- --smoke
    done
}
