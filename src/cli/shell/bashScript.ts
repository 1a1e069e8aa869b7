/**
 * Completion for bash. Not the script of @bomb.sh/tab: that one wants the package bash-completion, and evaluates what
 * has been typed, so that a TAB would run `$(…)`. bash takes `:` and `=` for the end of a word; here the words are put
 * together again, and what stands before the last `:` is left out of the answer, since bash keeps it.
 */
export const BASH_SCRIPT = `# bash completion for sluice
_sluice() {
  local -a words=()
  local word line value join=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ $word == '=' ]]; then
      words+=('')
      join=1
    elif [[ $word == ':' && \${#words[@]} -gt 0 ]]; then
      words[\${#words[@]}-1]+=':'
      join=1
    elif [[ -n $join ]]; then
      words[\${#words[@]}-1]+=$word
      join=''
    else
      words+=("$word")
    fi
  done
  local typed=\${words[\${#words[@]}-1]}
  local kept=\${typed%"\${typed##*:}"}
  COMPREPLY=()
  while IFS= read -r line; do
    value=\${line%%$'\\t'*}
    if [[ $line == ':0' ]]; then
      compopt -o default 2>/dev/null
    elif [[ $line != :* ]]; then
      COMPREPLY+=("\${value#"$kept"}")
    fi
  done < <(sluice complete -- "\${words[@]}" 2>/dev/null)
}
complete -F _sluice sluice`;
