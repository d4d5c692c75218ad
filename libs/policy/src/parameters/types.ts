import { reprList, reprString, reprValue, shorten } from '../python-text.js';
import { UserPatternError, type UserPattern } from '../patterns/user-pattern.js';
import type { ParameterType, Reading, ValueFault } from './parameter-type.js';

/** Longest value of a parameter, in characters. */
const LONGEST_VALUE = 1024 * 1024;

const STRING_LIST = String.raw`^\s*(\s*([^,]+)\s*,)*\s*([^,]+){1}\s*$`;
const NUMBER_LIST = String.raw`^\s*(\s*(\d+)\s*,)*\s*(\d+){1}\s*$`;
const INTEGER = String.raw`^\s*[\d]+\s*$`;
const FLOAT = String.raw`^\s*-*(\d)*(\.\d*)?\s*$`;
const BYTES = '^([0-9]+)([kmgt]b)?$';

/** Any text. */
export const text: ParameterType<string> = {
  validator: { description: 'Any text', criteria: { type: 'string' }, type: 'type' },
  read: (value) => onText(value, { type: 'string' }, (given) => ({ value: given })),
};

/** A regular expression, see UserPattern. Described as text, which is what clients know. */
export const pattern: ParameterType<UserPattern> = {
  validator: text.validator,
  read: (value, { patterns }) =>
    onText<UserPattern>(value, { type: 'string' }, (given) => {
      try {
        return { value: patterns.compile(given) };
      } catch (error) {
        if (!(error instanceof UserPatternError)) throw error;
        return { fault: { detail: `invalid regular expression ${reprValue(given)}: ${error.message}`, scope: 'rule' } };
      }
    }),
};

/** `true` or `false` in any case. */
export const boolean: ParameterType<boolean> = {
  validator: {
    description: '"true" or "false", in upper or lower case',
    criteria: { type: 'string', enum: ['true', 'false'] },
    type: 'BooleanString',
  },
  read(value) {
    return onText(value, this.validator.criteria, (given) => {
      const lower = given.toLowerCase();
      if (lower === 'true' || lower === 'false') return { value: lower === 'true' };
      return schemaFault(this.validator.criteria, `${reprValue(lower)} is not one of ['true', 'false']`);
    });
  },
};

/** One of some texts, in exactly that case. */
export function oneOf<const T extends string>(...choices: readonly T[]): ParameterType<T> {
  const criteria = { type: 'string', enum: choices };
  return {
    validator: { description: `One of ${choices.join(', ')}`, criteria, type: 'EnumString' },
    read: (value) =>
      onText(value, criteria, (given) => {
        const found = choices.find((choice) => choice === given);
        if (found !== undefined) return { value: found };
        return schemaFault(criteria, `${reprValue(given)} is not one of ${reprList(choices)}`);
      }),
  };
}

/** Texts between commas, without the blanks around them. */
export const textList: ParameterType<string[]> = {
  validator: {
    description: 'Texts separated by commas',
    criteria: { type: 'string', pattern: STRING_LIST },
    type: 'CommaDelimitedStringList',
  },
  read(value) {
    return onText(value, this.validator.criteria, (given) => {
      const items = given.split(',');
      if (items.includes('')) return patternFault(STRING_LIST, given);
      return { value: items.map((item) => item.trim()) };
    });
  },
};

/** Whole numbers between commas. */
export const numberList: ParameterType<number[]> = {
  validator: {
    description: 'Whole numbers separated by commas',
    criteria: { type: 'string', pattern: NUMBER_LIST },
    type: 'CommaDelimitedStringOfNumbers',
  },
  read(value) {
    return onText(value, this.validator.criteria, (given) => {
      const items = given.split(',').map((item) => item.trim());
      if (!items.every(isDigits)) return patternFault(NUMBER_LIST, given);
      return { value: items.map(Number) };
    });
  },
};

/** A whole number. */
export const integer: ParameterType<number> = {
  validator: {
    description: 'A whole number',
    criteria: { type: 'string', pattern: INTEGER },
    type: 'IntegerString',
  },
  read(value) {
    return onText(value, this.validator.criteria, (given) =>
      isDigits(given.trim()) ? { value: Number(given) } : patternFault(INTEGER, given),
    );
  },
};

/** A number with or without a fraction. */
export const float: ParameterType<number> = {
  validator: {
    description: 'A number, with or without a fraction',
    criteria: { type: 'string', pattern: FLOAT },
    type: 'FloatString',
  },
  read(value) {
    return onText(value, this.validator.criteria, (given) => {
      const trimmed = given.trim();
      if (!/^-*\d*(?:\.\d*)?$/.test(trimmed)) return patternFault(FLOAT, given);
      if (!/^-?(?:\d+\.?\d*|\.\d+)$/.test(trimmed))
        return { fault: { detail: `${reprValue(given)} is not a number`, scope: 'rule' } };
      return { value: Number(trimmed) };
    });
  },
};

/** A number of bytes, also as `20mb`: kb, mb, gb and tb are powers of 1024. */
export const bytes: ParameterType<number> = {
  validator: {
    description: 'A number of bytes, or a number with kb, mb, gb or tb',
    criteria: { type: 'string', pattern: BYTES },
    type: 'RegexValidator',
  },
  read(value) {
    return onText(value, this.validator.criteria, (given) => {
      const match = /^([0-9]+)([kmgt]b)?$/.exec(given);
      if (!match) return patternFault(BYTES, given);
      const power = match[2] === undefined ? 0 : 'kmgt'.indexOf(match[2].charAt(0)) + 1;
      return { value: Number(match[1]) * 1024 ** power };
    });
  },
};

/** Permission bits as octal digits, `00644`. Described as text, which is what clients know. */
/**
 * Permission bits as octal digits, `00644`; null when blank, which means the same as an absent parameter. Described as
 * text, which is what clients know.
 */
export const octal: ParameterType<number | null> = {
  validator: text.validator,
  read: (value) =>
    onText<number | null>(value, { type: 'string' }, (given) => {
      const digits = given.trim().replace(/^0[oO]/, '');
      if (digits === '') return { value: null };
      if (/^[0-7]{1,12}$/.test(digits)) return { value: Number.parseInt(digits, 8) };
      return { fault: { detail: `${reprValue(given)} is not an octal mode like 00644`, scope: 'rule' } };
    }),
};

/** A type that is described like another one, to clients that know only that. */
export function describedAs<T>(described: ParameterType<unknown>, type: ParameterType<T>): ParameterType<T> {
  return { validator: described.validator, read: (value, context) => type.read(value, context) };
}

/** The type that the value of another parameter of the rule selects. */
export function linked<T, U>(
  parameter: string,
  types: Readonly<Record<string, ParameterType<T>>>,
  otherwise: ParameterType<U>,
): ParameterType<T | U> {
  const options = [...Object.values(types), otherwise].map((type) => type.validator.criteria);
  const distinct = new Map(options.map((criteria) => [JSON.stringify(criteria), criteria]));
  return {
    validator: {
      description: `What is accepted depends on the parameter ${parameter}`,
      criteria: { anyOf: [...distinct.values()] },
      type: 'LinkedValidator',
    },
    read(value, context) {
      const selected = context.values.get(parameter);
      const type = typeof selected === 'string' && Object.hasOwn(types, selected) ? types[selected] : undefined;
      return (type ?? otherwise).read(value, context);
    },
  };
}

function onText<T>(value: unknown, criteria: Record<string, unknown>, read: (given: string) => Reading<T>): Reading<T> {
  if (typeof value !== 'string') return schemaFault(criteria, `${reprValue(value)} is not of type 'string'`);
  if (value.length > LONGEST_VALUE)
    return { fault: { detail: `the value is longer than ${LONGEST_VALUE} characters`, scope: 'rule' } };
  return read(value);
}

function patternFault(expression: string, given: string): { fault: ValueFault } {
  const criteria = { type: 'string', pattern: expression };
  return schemaFault(criteria, `${reprString(shorten(given))} does not match ${reprString(expression)}`);
}

function schemaFault(criteria: Record<string, unknown>, detail: string): { fault: ValueFault } {
  return {
    fault: {
      detail: `JSON Schema validation failed. Schema=${reprValue(criteria)}, Detail=${detail}`,
      scope: 'bundle',
    },
  };
}

function isDigits(value: string): boolean {
  return /^\d{1,18}$/.test(value);
}
