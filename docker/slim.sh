#!/bin/sh
# Takes out of a site-packages folder what no run of avesa reads. Usage: slim.sh FOLDER
set -eu
cd "$1"
calls='cloudformation|dynamodb|ecs|events|kms|s3|secretsmanager|sqs|ssm|sso|sso-oidc|sts'
find botocore/data -mindepth 1 -maxdepth 1 -type d | grep -vE "/($calls)$" | xargs rm -rf
find . -type d \( -name tests -o -name include -o -name sboms \) -prune -exec rm -rf {} +
find . -type f \( -name '*.py[xi]' -o -name '*.px[di]' -o -name '*.h' \) -delete
rm -f pyarrow/libarrow_flight.so* pyarrow/libarrow_python_flight.so* pyarrow/_flight.* pyarrow/flight.py
rm -f pyarrow/libarrow_s3.so* pyarrow/_s3fs.*
# The wheel holds this library three times, since wheels know no links.
for copy in pyarrow/libarrow_python.so pyarrow/libarrow_python.so.*.*; do
  ln -sf "$(cd pyarrow && ls libarrow_python.so.*[0-9] | grep -E '\.so\.[0-9]+$')" "$copy"
done
rm -rf pygments/lexers/__pycache__ pydantic/v1/__pycache__ duckdb/experimental/spark
