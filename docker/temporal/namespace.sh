#!/bin/sh
# The namespace and the search attributes that Sluice's workflows carry. Safe to run again.
set -eu

wait_for() {
  attempt=0
  until "$@"; do
    attempt=$((attempt + 1))
    [ "$attempt" -lt 30 ] || { echo "gave up on: $*" >&2; exit 1; }
    sleep 2
  done
}

wait_for temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"

# A namespace that was just made is not known everywhere at once.
wait_for temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE"
known=$(temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE")
for attribute in PortalId Lane CallbackId ExecutionState; do
  case "$known" in
    *"$attribute"*) ;;
    *) wait_for temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$attribute" --type Keyword ;;
  esac
done
