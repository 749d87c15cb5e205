import { parseArgs } from 'node:util';
import { UsageError } from './command.ts';

/** An option's name, and whether it must be given. */
export interface OptionRule {
  required?: boolean;
  /** A switch takes no value. */
  isSwitch?: boolean;
}
export interface Arguments {
  json: boolean;
  text(name: string): string | undefined;
  /** For options whose rule says `required`. */
  given(name: string): string;
  isSet(name: string): boolean;
}

/** Reads `--name value` and `--name=value`; every command also knows `--json`. @throws UsageError naming the option */
export function readArguments(argv: string[], rules: Record<string, OptionRule>): Arguments {
  const options = Object.fromEntries(
    Object.entries({ ...rules, json: { isSwitch: true } }).map(([name, rule]) => [
      name,
      { type: rule.isSwitch ? ('boolean' as const) : ('string' as const), multiple: true as const },
    ]),
  );
  const values = parse(argv, options);
  for (const [name, value] of Object.entries(values)) {
    if (rules[name]?.isSwitch || name === 'json') continue;
    if (value.length > 1) throw new UsageError(`--${name} is given twice; give it once`);
    if (value[0] === '') throw new UsageError(`--${name} is empty; give a value`);
  }
  for (const [name, rule] of Object.entries(rules)) {
    if (rule.required && values[name] === undefined) throw new UsageError(`--${name} is missing`);
  }
  const text = (name: string) => values[name]?.[0] as string | undefined;
  return { json: 'json' in values, text, given: (name) => text(name)!, isSet: (name) => name in values };
}

function parse(argv: string[], options: Record<string, { type: 'boolean' | 'string'; multiple: true }>) {
  try {
    const { values } = parseArgs({ args: argv, options, strict: true, allowPositionals: false });
    return values as Record<string, (string | boolean)[]>;
  } catch (error) {
    // The first sentence says what is wrong; the rest is advice about '--' that helps nobody here.
    throw new UsageError((error as Error).message.split(/\.(?:\s|$)/)[0]!);
  }
}
