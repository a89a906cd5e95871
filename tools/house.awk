# Where `unsafe` and the names of operating systems stand in Rust code. Used by tools/house.

FNR == 1 {
    # The floors of a benchmark are bare system calls, and tests of shared memory make some of their own.
    own_unsafe = FILENAME ~ /^crates\/samebox-sys\// || FILENAME ~ /^benches\/.*\/floor[a-z_]*\.rs$/ || FILENAME ~ /^transports\/shm\/tests\/.*memory\.rs$/
    any_os = FILENAME ~ /^crates\/samebox-sys\// || FILENAME ~ /(^|\/)(tests|benches|examples)\// || FILENAME ~ /(^|\/)build\.rs$/
    chooser = FILENAME ~ /(^|\/)(lib|main)\.rs$/
    in_tests = waiting = 0
}

{
    code = $0
    sub(/\/\/.*/, "", code)             # comments may name anything
    gsub(/"([^"\\]|\\.)*"/, "\"\"", code)
}

!own_unsafe && code ~ /(^|[^A-Za-z0-9_])unsafe([^A-Za-z0-9_]|$)/ {
    print FILENAME ":" FNR ": `unsafe` outside crates/samebox-sys"
}

# Tests inside a source file stand at its end.
code ~ /#\[cfg\(test\)\]/ { in_tests = 1 }

any_os || in_tests { next }

waiting {
    if (code ~ /^[ \t]*$/ || code ~ /^[ \t]*#\[/) next
    if (code !~ /^[ \t]*(pub(\([a-z]+\))? )?(mod|use) /)
        print FILENAME ":" waiting ": cfg of an operating system on something other than `mod` or `use`"
    waiting = 0
}

code ~ /cfg(_attr)?!?\((.*[^A-Za-z0-9_])?(unix|windows|target_os)([^A-Za-z0-9_]|$)/ {
    if (!chooser) print FILENAME ":" FNR ": cfg of an operating system outside lib.rs, samebox-sys and tests"
    else if (code ~ /cfg!\(/) print FILENAME ":" FNR ": cfg! of an operating system"
    else if (code !~ /\][ \t]*(pub(\([a-z]+\))? )?(mod|use) /) waiting = FNR
}
