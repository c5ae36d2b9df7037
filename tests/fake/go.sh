#!/bin/sh
# Stands in for go where a story is about what recording adds to a go command: it answers `go env`, reads GOFLAGS and its
# own line as cmd/go does (the last one counts), and runs tools behind -toolexec. What else it does is in the lines that a
# story puts behind these. Only what is built into a shell: PATH has nothing but what stories put there.
if [ "$1" = env ]; then
    printf '{"GOFLAGS":"%s","CC":"%s","GOVERSION":"go1.27.3"}\n' "$GOFLAGS" "$CC"
    exit
fi
last() {
    flag=$1 found=
    shift
    for word; do
        case $word in "-$flag="*) found=${word#"-$flag="} ;; esac
    done
    printf %s "$found"
}
eval "toolexec=\$(last toolexec $GOFLAGS \"\$@\")"
eval "graph=\$(last debug-actiongraph $GOFLAGS \"\$@\")"
eval "spans=\$(last debug-trace $GOFLAGS \"\$@\")"
tool() {
    tool=${0%/bin/go}/go/pkg/tool/linux_amd64/$1
    shift
    eval "$toolexec \"\$tool\" \"\$@\""
}
