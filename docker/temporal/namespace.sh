#!/bin/sh
# The namespace and the search attributes that Sluice's workflows carry. Safe to run again.
set -eu

# Runs a command until it succeeds; what it says is shown only when it never does.
wait_for() {
  attempt=0
  until said=$("$@" 2>&1); do
    attempt=$((attempt + 1))
    if [ "$attempt" -ge 60 ]; then
      printf '%s\n' "$said" "Gave up on: $*" >&2
      exit 1
    fi
    sleep 1
  done
}

on_namespace() { temporal "$@" --namespace "$TEMPORAL_NAMESPACE"; }

wait_for temporal operator cluster health
if ! on_namespace operator namespace describe >/dev/null 2>&1; then
  wait_for on_namespace operator namespace create --retention "$RETENTION"
fi

# The server reads its list of namespaces every few seconds; until then it does not know the one that it has just made.
wait_for on_namespace operator search-attribute list
known=$said
for attribute in PortalId Lane CallbackId ExecutionState; do
  case "$known" in
    *"$attribute"*) ;;
    *) wait_for on_namespace operator search-attribute create --name "$attribute" --type Keyword ;;
  esac
done
echo "Namespace $TEMPORAL_NAMESPACE is ready."
