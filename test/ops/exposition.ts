/**
 * A reader of the Prometheus text format, version 0.0.4, strict where scrapers are:
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
 */
import assert from 'node:assert/strict';

export interface Family {
  readonly type: string;
  readonly help: string;
  /** Values by series, `name{label="value"}` with labels in the order written. */
  readonly series: Map<string, number>;
}

const SERIES = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (\S+)$/;

/** Metric families by name; fails on a line that is not of the format, or that stands outside its family. */
export function readExposition(text: string): Map<string, Family> {
  assert.ok(text.endsWith('\n'), 'the last line must end');
  const families = new Map<string, Family>();
  let help = '';
  let current: { name: string; family: Family } | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, helpName, helpText] = /^# HELP (\S+) (.*)$/.exec(line) ?? [];
    const [, typeName, type] = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line) ?? [];
    if (helpName !== undefined) {
      help = helpText!;
    } else if (typeName !== undefined) {
      assert.ok(!families.has(typeName), `${typeName} is declared twice`);
      current = { name: typeName, family: { type: type!, help, series: new Map() } };
      families.set(typeName, current.family);
    } else {
      const [, name, labels = '', value] = SERIES.exec(line) ?? assert.fail(`not a sample: ${line}`);
      assert.ok(current !== undefined && name!.replace(/_(bucket|sum|count)$/, '').startsWith(current.name), line);
      assert.ok(!current.family.series.has(`${name!}${labels}`), `sampled twice: ${line}`);
      const number = value === '+Inf' ? Infinity : Number(value);
      assert.ok(!Number.isNaN(number), line);
      current.family.series.set(`${name!}${labels}`, number);
    }
  }
  return families;
}
