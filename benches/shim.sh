#!/bin/bash
# The shim that documents and talks about -toolexec show, as a yardstick: echo, date, run the tool, date, echo.
# Knows wall time only.
echo "$(date +%s%N) start ${TOOLEXEC_IMPORTPATH-} $1" >>trace.bash.log
"$@"
status=$?
echo "$(date +%s%N) end ${TOOLEXEC_IMPORTPATH-} $1 $status" >>trace.bash.log
exit "$status"
