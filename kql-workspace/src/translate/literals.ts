import type { KqlNode } from '../language-service.ts';
import { toText } from '../values/convert.ts';
import { type Json, readArray } from '../values/json-values.ts';
import {
  boolLiteral,
  integerLiteral,
  nullOf,
  realLiteral,
  type Scalar,
  type ScalarType,
  stringLiteral,
} from '../values/scalar-types.ts';
import { sqlString } from '../values/sql-text.ts';
import { parseDatetime, parseTimespan } from '../values/time-text.ts';
import { UnsupportedKql } from './relation.ts';

const literalTypes: Readonly<Record<string, ScalarType>> = {
  BooleanLiteralExpression: 'bool',
  DateTimeLiteralExpression: 'datetime',
  DecimalLiteralExpression: 'decimal',
  GuidLiteralExpression: 'guid',
  IntLiteralExpression: 'int',
  LongLiteralExpression: 'long',
  RealLiteralExpression: 'real',
  StringLiteralExpression: 'string',
  CompoundStringLiteralExpression: 'string',
  TimespanLiteralExpression: 'timespan',
};

/** The literal that the node is, as a scalar; undefined when it is none. */
export function literal(node: KqlNode): Scalar | undefined {
  if (node.kind === 'CompoundStringLiteralExpression') {
    return stringLiteral(
      node
        .items('Tokens')
        .map((token) => token.value)
        .join(''),
    );
  }
  if (node.kind === 'DynamicExpression') {
    const inner = node.child('Expression');
    return inner && dynamicLiteral(jsonValue(inner));
  }
  const type = literalTypes[node.kind];
  const token = node.child('Token');
  return type && token ? literalOf(type, token.value, node) : undefined;
}

function literalOf(type: ScalarType, written: string, node: KqlNode): Scalar {
  if (type === 'string') return stringLiteral(written);
  const text = written.trim();
  if (text === 'null' || text === '') return nullOf(type);
  const value = (parsed: bigint | undefined, as: 'long' | 'int' | 'datetime' | 'timespan'): Scalar => {
    if (parsed === undefined) throw new UnsupportedKql(`the ${type} literal '${node.text}'`, node);
    return integerLiteral(parsed, as);
  };
  switch (type) {
    case 'bool':
      return boolLiteral(/^(true|1)$/i.test(text));
    case 'int':
    case 'long':
      return value(/^[+-]?(0x[0-9a-f]+|\d+)$/i.test(text) ? wholeNumber(text) : undefined, type);
    case 'real':
      return realLiteral(realNumber(text));
    case 'datetime':
      return value(parseDatetime(text.replace(/^["'](.*)["']$/, '$1')), 'datetime');
    case 'timespan':
      return value(parseTimespan(text), 'timespan');
    case 'guid':
      return { sql: sqlString(text.toLowerCase()), type, nullable: false, constant: text.toLowerCase() };
    default:
      return { sql: `CAST(${sqlString(text)} AS DECIMAL(38,12))`, type, nullable: false };
  }
}

function wholeNumber(text: string): bigint {
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text.replace(/^\+/, ''));
}

function realNumber(text: string): number {
  const infinity = /^([+-])?inf/i.exec(text);
  if (infinity) return infinity[1] === '-' ? -Infinity : Infinity;
  return Number(text);
}

/** A value inside `dynamic(…)`: JSON, where Kusto's own literals (`datetime(…)`, `1h`) may stand as well. */
function jsonValue(node: KqlNode): string {
  switch (node.kind) {
    case 'JsonObjectExpression': {
      const pairs = node.items('Pairs').map((pair) => {
        const value = pair.child('Value');
        return `${JSON.stringify(pair.child('Name')?.value ?? '')}:${value ? jsonValue(value) : 'null'}`;
      });
      return `{${pairs.join(',')}}`;
    }
    case 'JsonArrayExpression':
      return `[${node.items('Values').map(jsonValue).join(',')}]`;
    case 'NullLiteralExpression':
      return 'null';
    case 'UnaryMinusExpression':
    case 'UnaryPlusExpression': {
      const inner = node.child('Expression');
      const text = inner ? jsonValue(inner) : '0';
      return node.kind === 'UnaryMinusExpression' ? `-${text}` : text;
    }
    case 'LongLiteralExpression':
    case 'IntLiteralExpression': {
      const { constant } = literal(node) ?? {};
      return constant === undefined ? 'null' : String(constant);
    }
    case 'RealLiteralExpression': {
      const { constant } = literal(node) ?? {};
      if (typeof constant !== 'number') return 'null';
      const text = node.text;
      return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? text : JSON.stringify(constant);
    }
    case 'BooleanLiteralExpression': {
      const { constant } = literal(node) ?? {};
      return constant === undefined ? 'null' : String(constant);
    }
    case 'DateTimeLiteralExpression':
    case 'TimespanLiteralExpression':
    case 'GuidLiteralExpression': {
      const value = literal(node);
      const { constant } = value ? toText(value) : {};
      return constant === undefined || constant === '' ? 'null' : JSON.stringify(constant);
    }
    case 'DynamicExpression': {
      const inner = node.child('Expression');
      return inner ? jsonValue(inner) : 'null';
    }
    case 'StringLiteralExpression':
    case 'CompoundStringLiteralExpression':
      return JSON.stringify(literal(node)?.constant ?? '');
    default:
      throw new UnsupportedKql(`'${node.text}' inside dynamic()`, node);
  }
}

function dynamicLiteral(json: string): Scalar {
  if (json === 'null') return nullOf('dynamic');
  return { sql: `CAST(${sqlString(json)} AS JSON)`, type: 'dynamic', nullable: false, constant: json };
}

/** The elements of a dynamic array that the query spells out, as the values they are; undefined when it is none. */
export function constantArray(value: Scalar): readonly Json[] | undefined {
  return value.type === 'dynamic' && typeof value.constant === 'string'
    ? readArray(value.constant)
    : undefined;
}
