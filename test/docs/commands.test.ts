import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { codeBlocks, PAGES, read, section, tableRows } from './markdown.ts';

interface Leaf {
  usage: string;
  words: string[];
  command: Command;
}

function leaves(command: Command, words: string[] = []): Leaf[] {
  return command.commands.flatMap((child) => {
    const path = [...words, child.name()];
    if (child.commands.length > 0) return leaves(child, path);
    const args = child.registeredArguments.map((arg) =>
      arg.required ? `<${arg.name()}>` : `[${arg.name()}]`,
    );
    return [{ usage: [...path, ...args].join(' '), words: path, command: child }];
  });
}

const commands = leaves(createProgram());

test("the README's table has every command with its arguments, and no other", () => {
  const rows = tableRows(section('README.md', '## Commands'));
  const documented = rows.map(([usage]) => usage!.replaceAll('`', ''));
  expect(documented.toSorted()).toEqual(commands.map(({ usage }) => usage).toSorted());
});

test("the options in the README's table exist", () => {
  const rows = tableRows(section('README.md', '## Commands'));
  const missing = rows.flatMap(([usage, meaning]) => {
    const leaf = commands.find((entry) => `\`${entry.usage}\`` === usage);
    return unknownOptions(leaf?.command, meaning!);
  });
  expect(missing).toEqual([]);
});

/** Calls of the command line in the fenced blocks and code spans of all pages. */
const calls = PAGES.flatMap((page) => {
  const text = read(page);
  const lines = codeBlocks(text, 'sh').flatMap((block) => block.split('\n'));
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
  return [...lines, ...spans].flatMap((line) => {
    const call = /(?:npm run -s cli --|^(?:\S+=\S+ )*kombo-sync) ([a-z<][^#|]*)/.exec(line)?.[1];
    return call === undefined ? [] : [[page, call.trim()] as const];
  });
});

test('the pages contain calls to check', () => {
  expect(calls.length).toBeGreaterThan(10);
});

test.each(calls)('%s: %s', (_page, call) => {
  if (call === '<command>') return;
  const words = call.split(/\s+/);
  const leaf = commands.find((entry) => entry.words.every((word, index) => words[index] === word));
  expect(leaf, `no command is called ${call}`).toBeDefined();
  expect(unknownOptions(leaf?.command, call)).toEqual([]);
});

/** The options in a text that the command does not take. */
function unknownOptions(command: Command | undefined, text: string): string[] {
  const known = ['--help', ...(command?.options ?? []).flatMap(({ long }) => long ?? [])];
  return [...text.matchAll(/--[a-z-]+/g)]
    .map(([option]) => option)
    .filter((option) => !known.includes(option));
}
