import type { FileHealth, Process, Run } from '@ferretjs/core/reader';
import { escapeControls } from '../words/escape.js';
import { countOf, formatCount } from '../words/numbers.js';
import type { Finding } from './finding.js';

type Drop = keyof Run['ledger']['dropped'];

const DROPS: Readonly<Record<Drop, { readonly words: string; readonly advice: string }>> = {
  queueFull: {
    words: 'the queue was full',
    advice: 'More came than could be written: lower maxSpansPerSecond, or raise maxQueueSize if it came in bursts.',
  },
  writeFailed: {
    words: 'the file could not be written',
    advice: 'Look for a full disk, a lock or missing permissions; NODE_DEBUG=ferret says which.',
  },
  closed: {
    words: 'Ferret was closed already',
    advice: 'Close it after the server: await server.close() first, then ferret.close().',
  },
  tooLarge: {
    words: 'a span was too large',
    advice: 'Give its attributes less: identifiers instead of whole documents.',
  },
};

const NAMED_RUNS = 3;

/** Spans that were lost, a finding a reason. */
export function examineLedger(runs: readonly Run[]): Finding[] {
  const findings = (Object.keys(DROPS) as Drop[]).flatMap((reason): Finding[] => {
    const affected = runs.filter(({ ledger }) => ledger.dropped[reason] > 0);
    if (affected.length === 0) return [];
    const count = affected.reduce((sum, { ledger }) => sum + ledger.dropped[reason], 0);
    const { words, advice } = DROPS[reason];
    return [
      {
        level: 'attention',
        topic: `ledger.${reason}`,
        text: `${countOf(count, 'span')} dropped, as ${words}: ${nameRuns(affected)}`,
        advice,
        facts: { spans: count, runs: idsOf(affected) },
      },
    ];
  });
  const overdrawn = runs.filter(({ processes }) => processes.some(({ ledger }) => ledger.pending < 0));
  if (overdrawn.length > 0) {
    findings.push({
      level: 'attention',
      topic: 'ledger.sum',
      text: `the ledger does not add up: ${nameRuns(overdrawn)}`,
      advice: 'Please report this, with the output of ferret runs --json.',
      facts: { runs: idsOf(overdrawn) },
    });
  }
  const stored = runs.reduce((sum, { ledger }) => sum + ledger.stored, 0);
  const sampledOut = runs.reduce((sum, { ledger }) => sum + ledger.sampledOut, 0);
  if (findings.length === 0) {
    findings.push({
      level: 'ok',
      topic: 'ledger',
      text: `${countOf(stored, 'span')} stored, none dropped`,
      facts: { stored },
    });
  }
  if (sampledOut > 0) {
    findings.push({
      level: 'note',
      topic: 'ledger.sampledOut',
      text: `${countOf(sampledOut, 'span')} sampled out, on purpose`,
      facts: { spans: sampledOut },
    });
  }
  const folded = runs.reduce((sum, { ledger }) => sum + ledger.folded, 0);
  if (folded > 0) {
    findings.push({
      level: 'note',
      topic: 'ledger.folded',
      text: `${countOf(folded, 'span')} folded: another span of their trace counts and sums them by name`,
      facts: { spans: folded },
    });
  }
  return findings;
}

/** Processes that run, ended, or died. */
export function examineProcesses(runs: readonly Run[]): Finding[] {
  const all = runs.flatMap(({ processes }) => processes);
  const those = (state: Process['state']) => all.filter((process) => process.state === state);
  const crashed = those('crashed');
  const unrecovered = crashed.filter(({ endedAtMicros }) => endedAtMicros === undefined);
  const findings: Finding[] = [
    {
      level: 'ok',
      topic: 'processes',
      text: `${formatCount(those('running').length)} running, ${formatCount(those('ended').length)} ended`,
      facts: { running: those('running').length, ended: those('ended').length },
    },
  ];
  if (unrecovered.length > 0) {
    findings.push({
      level: 'attention',
      topic: 'processes.died',
      text: `${countOf(unrecovered.length, 'process', 'processes')} died without a word: ${namePids(unrecovered)}`,
      advice: 'ferret crashes shows what they had in flight; ferret recover, or the next start of the app, stores it.',
      facts: factsOf(unrecovered),
    });
  }
  if (crashed.length > unrecovered.length) {
    findings.push({
      level: 'note',
      topic: 'processes.crashed',
      text: `${countOf(crashed.length - unrecovered.length, 'process', 'processes')} crashed before`,
      advice: '`ferret crashes` shows what they were doing.',
      facts: factsOf(crashed.filter(({ endedAtMicros }) => endedAtMicros !== undefined)),
    });
  }
  const silent = those('silent');
  if (silent.length > 0) {
    findings.push({
      level: 'note',
      topic: 'processes.silent',
      text:
        `${countOf(silent.length, 'process', 'processes')} of another host, silent for a minute or longer: ` +
        namePids(silent),
      advice: 'They are idle or gone; check on that host.',
      facts: factsOf(silent),
    });
  }
  return findings;
}

/** Leases: work that one process does for all. */
export function examineLeases({ leases }: FileHealth, nowMicros: number): Finding {
  const held = leases.filter(({ isAlive, expiresAtMicros }) => isAlive && expiresAtMicros > nowMicros);
  const text = held.map(
    ({ name, pid, hostname }) => `${escapeControls(name)} by process ${pid} on ${escapeControls(hostname)}`,
  );
  return {
    level: 'ok',
    topic: 'leases',
    text: text.length === 0 ? 'none held' : text.join(', '),
    facts: { held: held.map(({ name }) => name) },
  };
}

function idsOf(runs: readonly Run[]): string[] {
  return runs.map(({ runId }) => runId);
}

function factsOf(processes: readonly Process[]) {
  return { processes: processes.map(({ processKey }) => processKey) };
}

function nameRuns(runs: readonly Run[]): string {
  const named = runs.slice(0, NAMED_RUNS).map(({ runId }) => escapeControls(runId));
  const more = runs.length > NAMED_RUNS ? ` and ${countOf(runs.length - NAMED_RUNS, 'other', 'others')}` : '';
  return `run ${named.join(', ')}${more}`;
}

function namePids(processes: readonly Process[]): string {
  const named = processes.slice(0, NAMED_RUNS).map(({ pid, hostname }) => `${pid} on ${escapeControls(hostname)}`);
  return `${named.join(', ')}${processes.length > NAMED_RUNS ? ', ...' : ''}`;
}
