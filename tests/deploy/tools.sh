#!/usr/bin/env bash
# Installs the checkers that are not Python libraries of ours, pinned, beside the virtual environment; does nothing
# when they are there: cfn-guard with the Control Tower rules, checkov, and an evaluator of IAM policies.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$root/.venv/tools
uv=$root/.venv/bin/uv
mkdir -p "$tools"
if [[ ! -d $tools/node_modules/@cloud-copilot ]] && command -v npm >/dev/null; then
  npm install --silent --no-audit --no-fund --prefix "$tools" \
    @cdklabs/cdk-validator-cfnguard@0.0.62 @cloud-copilot/iam-simulate@0.1.173 &
fi
if [[ ! -x $tools/checkov/bin/checkov && -x $uv ]]; then
  "$uv" venv --quiet --clear "$tools/checkov"
  "$uv" pip install --quiet --python "$tools/checkov" checkov==3.3.30
fi
wait
