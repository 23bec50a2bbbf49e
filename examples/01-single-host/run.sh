#!/bin/sh
# Checks the example's configuration, then shows what it would decide about a recorded log. Changes nothing.
set -eu
cd "$(dirname "$0")"
../../bin/riposte check --config riposte.yaml
../../bin/riposte replay --config riposte.yaml ../../corpus/modsec2-json.log.gz
