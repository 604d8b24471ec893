import { type CompletableCommand, type CompletableOption, quoted } from './model.js';

/** A script for bash 3.2 and later, as macOS has it. */
export function bashScript(commands: readonly CompletableCommand[], options: readonly CompletableOption[]): string {
  const names = [...commands.map(({ name }) => name), ...options.flatMap(({ flags }) => flags)];
  return `# Completion of ferret for bash: source <(ferret completion bash)
_ferret() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" command="" word index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [[ "$word" != -* ]]; then command="$word"; break; fi
  done
  case "$command" in
    "")
      COMPREPLY=($(compgen -W ${quoted(names.join(' '))} -- "$current"))
      return ;;
${commands.map(toCase).join('\n')}
  esac
}
complete -F _ferret ferret
`;
}

function toCase(command: CompletableCommand): string {
  const valued = command.options.filter(({ takesValue }) => takesValue);
  const flags = command.options.flatMap((option) => option.flags);
  const choices = command.arguments.flatMap((argument) => argument.choices);
  const words =
    choices.length === 0 ? '' : `\n      COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$current")); return`;
  return `    ${command.name})
      case "$previous" in
${valued.map(toValueCase).join('\n')}
      esac
      if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W ${quoted(flags.join(' '))} -- "$current")); return; fi${words}
      local IFS=$'\\n'
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$current")) ;;`;
}

function toValueCase({ flags, choices, isPath }: CompletableOption): string {
  const reply = isPath
    ? 'local IFS=$\'\\n\'; compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")); return'
    : `COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$current")); return`;
  return `        ${flags.join('|')}) ${choices.length === 0 && !isPath ? 'return' : reply} ;;`;
}
