import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Choice {
  name: string;
  about: string;
}

/** What may follow the words of a command. */
interface Place {
  /** The words so far, each after a space; empty for the program itself. */
  at: string;
  commands: Choice[];
  options: (Choice & { takesValue: boolean; choices: readonly string[] })[];
}

function placesOf(command: Command, at = ''): Place[] {
  const children = command.commands.filter((child) => child.name() !== 'help');
  const options = [...command.createHelp().visibleOptions(command)].filter(({ long }) => long);
  return [
    {
      at,
      commands: children.map((child) => ({ name: child.name(), about: child.description() })),
      options: options.map((option) => ({
        name: option.long!,
        about: option.description,
        takesValue: takesValue(option),
        choices: option.argChoices ?? [],
      })),
    },
    ...children.flatMap((child) => placesOf(child, `${at} ${child.name()}`)),
  ];
}

const takesValue = ({ required, optional }: Option) => required || optional;

/** A script that completes commands and options, made of the program itself, so that it knows what there is. */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program);
  const write: Record<Shell, (name: string, places: readonly Place[]) => string> = { bash, zsh, fish };
  return write[shell](program.name(), places);
}

/** As one word of a shell like sh. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

const functionOf = (name: string) => `_${name.replaceAll('-', '_')}`;

/** Places under a command, as patterns of `case`. */
const known = (places: readonly Place[]) =>
  places.flatMap(({ at }) => (at === '' ? [] : [quoted(at)])).join(' | ');

const wordsOf = ({ commands, options }: Place) => [...commands, ...options].map(({ name }) => name).join(' ');

/** What follows an option that takes one of a few words, or any word. */
const valuesOf = (places: readonly Place[]) =>
  places.flatMap(({ at, options }) =>
    options
      .filter((option) => option.takesValue)
      .map(({ name, choices }) => ({ after: `${at} ${name}`, choices })),
  );

function bash(name: string, places: readonly Place[]): string {
  const values = valuesOf(places).map(
    ({ after, choices }) => `    ${quoted(after)}) words=${quoted(choices.join(' '))} ;;`,
  );
  const words = places.map((place) => `    ${quoted(place.at)}) words=${quoted(wordsOf(place))} ;;`);
  return `# Completion of ${name} for bash. Put this into ~/.bashrc: source <(${name} completion bash)
${functionOf(name)}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} at= word words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
    ${known(places)}) at="$at $word" ;;
    esac
  done
  case "$at $previous" in
${values.join('\n')}
    *)
      case "$at" in
${words.join('\n')}
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F ${functionOf(name)} ${name}
`;
}

function zsh(name: string, places: readonly Place[]): string {
  const entry = ({ name: word, about }: Choice) => quoted(`${word}:${about}`);
  const values = valuesOf(places).map(
    ({ after, choices }) => `    ${quoted(after)}) list=(${choices.map(quoted).join(' ')}) ;;`,
  );
  const words = places.map(
    ({ at, commands, options }) =>
      `        ${quoted(at)}) list=(${[...commands, ...options].map(entry).join(' ')}) ;;`,
  );
  return `#compdef ${name}
# Completion of ${name} for zsh. Put this into ~/.zshrc, below compinit: source <(${name} completion zsh)
${functionOf(name)}() {
  local at= word
  local -a list
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
    (${known(places).replaceAll(' | ', '|')}) at="$at $word" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${values.join('\n')}
    *)
      case "$at" in
${words.join('\n')}
      esac
      ;;
  esac
  if (( \${#list} )); then _describe ${quoted(name)} list; else _files; fi
}
compdef ${functionOf(name)} ${name}
`;
}

/** As one word of fish, which knows two escapes between single quotes. */
const quotedFish = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fish(name: string, places: readonly Place[]): string {
  const when = `_${functionOf(name)}_at`;
  const lines = places.flatMap(({ at, commands, options }) => {
    const here = `complete -c ${name} -n ${quotedFish(`${when} "${at}"`)}`;
    return [
      ...commands.map((command) => `${here} -a ${command.name} -d ${quotedFish(command.about)}`),
      ...options.map(({ name: long, about, takesValue: takes, choices }) => {
        const value = choices.length > 0 ? ` -xa ${quotedFish(choices.join(' '))}` : takes ? ' -r' : '';
        return `${here} -l ${long.slice('--'.length)}${value} -d ${quotedFish(about)}`;
      }),
    ];
  });
  const patterns = places.flatMap(({ at }) => (at === '' ? [] : [quotedFish(at)]));
  return `# Completion of ${name} for fish. Run once: ${name} completion fish > ~/.config/fish/completions/${name}.fish
function ${when}
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case ${patterns.join(' ')}
        set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
complete -c ${name} -f
${lines.join('\n')}
`;
}
