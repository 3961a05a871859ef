# shellcheck shell=bash
# wrapProgram FILE [--set-default NAME VALUE]…
wrapProgram() {
  local file=$1 hidden text
  shift
  hidden=$(dirname "$file")/.$(basename "$file")-wrapped
  mv "$file" "$hidden"
  text='#!/bin/bash'$'\n'
  while (($#)); do
    case $1 in
      --set-default) text+="export $2=\"\${$2-$3}\""$'\n'; shift 3 ;;
      *) echo "wrapProgram: unknown argument $1" >&2; return 1 ;;
    esac
  done
  # shellcheck disable=SC2016
  printf '%sexec -a "$0" "%s" "$@"\n' "$text" "$hidden" >"$file"
  chmod +x "$file"
}
