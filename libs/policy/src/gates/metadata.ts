import type { ImageView } from '../image-view.js';
import { bytes, describedAs, integer, linked, oneOf, optional, pattern, required, text } from '../parameters/index.js';
import type { UserPattern } from '../patterns/user-pattern.js';
import { textOrNone } from '../python-text.js';
import { defineGate, defineTrigger, type CrossFault, type Finding, type RuleContext } from './gate.js';

const ATTRIBUTES = [
  'size',
  'architecture',
  'os_type',
  'distro',
  'distro_version',
  'like_distro',
  'layer_count',
] as const;
const ORDERINGS = ['>', '<', '>=', '<='] as const;
const CHECKS = ['=', '!=', ...ORDERINGS, 'exists', 'not_exists', 'like', 'not_like', 'in', 'not_in'] as const;

type Attribute = (typeof ATTRIBUTES)[number];
type Check = (typeof CHECKS)[number];

const textOrPattern = describedAs(text, linked('check', { like: pattern, not_like: pattern }, text));

const attribute = defineTrigger({
  name: 'attribute',
  description: 'Fires when the check holds for an attribute of the image',
  parameters: {
    attribute: required(oneOf(...ATTRIBUTES), { description: 'Attribute of the image', example: 'size' }),
    check: required(oneOf(...CHECKS), { description: 'How to compare the attribute with the value', example: '>' }),
    value: optional(linked('attribute', { size: bytes, layer_count: integer }, textOrPattern), {
      description: 'What to compare with; not needed for exists and not_exists',
      example: '1073741824',
    }),
  },
  crossCheck: ({ check, value }) =>
    value === null && check !== 'exists' && check !== 'not_exists' ? [missingValue] : [],
  evaluate(context, { attribute: name, check, value }): Finding[] {
    const actual = valueOf(context.view, name);
    if (!holds(context, name, check, actual, value)) return [];
    const compared = `check: '${check}' check_value: '${typeof value === 'object' ? (value?.source ?? '') : value}'`;
    const message = `Attribute check for attribute: '${name}' ${compared} matched image value: '${textOrNone(actual)}'`;
    return [{ message }];
  },
});

const missingValue: CrossFault = {
  parameter: 'value',
  scope: 'bundle',
  detail: "JSON Schema validation failed. Schema={'type': 'string'}, Detail=None is not of type 'string'",
};

function valueOf(view: ImageView, name: Attribute): string | number | null {
  if (name === 'size') return view.size;
  if (name === 'layer_count') return view.layerCount;
  if (name === 'architecture') return view.architecture;
  if (name === 'os_type') return view.os;
  if (name === 'distro') return view.distroName;
  return name === 'distro_version' ? view.distroVersion : view.likeDistro;
}

/** A check that has no meaning for the attribute does not hold, and the answer warns of it. */
function holds(
  context: RuleContext,
  name: Attribute,
  check: Check,
  actual: string | number | null,
  value: string | number | UserPattern | null,
): boolean {
  if (check === 'exists') return Boolean(actual);
  if (check === 'not_exists') return !actual;
  if (value === null || value === '') return false;
  if (check === '=') return actual === value;
  if (check === '!=') return actual !== value;
  if (isOneOf(ORDERINGS, check)) {
    if (actual !== null && typeof value !== 'object') return ordered(check, actual, value);
  } else if (typeof actual === 'string' && typeof value !== 'number') {
    if (typeof value === 'object') return context.matches(value, actual) === (check === 'like');
    const items = value.split(',').map((item) => item.trim());
    return items.includes(actual) === (check === 'in');
  }
  const shown = actual === null ? 'the image has no such attribute' : 'the attribute is a number';
  context.warn(`The check '${check}' of attribute '${name}' does not apply: ${shown}`);
  return false;
}

function ordered(check: (typeof ORDERINGS)[number], actual: string | number, value: string | number): boolean {
  if (check === '>') return actual > value;
  if (check === '<') return actual < value;
  return check === '>=' ? actual >= value : actual <= value;
}

function isOneOf<T extends string>(choices: readonly T[], check: string): check is T {
  return (choices as readonly string[]).includes(check);
}

/** Checks of size, platform, distribution and layers. */
export const metadata = defineGate({
  name: 'metadata',
  description: 'Checks size, platform, distribution and number of layers of the image',
  triggers: [attribute],
});
