import type { StoredTrace } from '@ferretjs/core/reader';
import { countFolded, foldedInto } from '@ferretjs/queries';
import { countOf } from '@ferretjs/queries/words';
import { safeJson } from '../format/json.js';
import { type Lane, type LaneEvent, layOutLanes } from './lanes.js';
import {
  frameName,
  MAX_DEPTH,
  type NameNode,
  NameTree,
  OTHER_NAMES,
  slowestFirst,
  warnOfCuts,
  warnOfFolded,
} from './name-tree.js';
import type { ExportSource } from './source.js';

const SCHEMA = 'https://www.speedscope.app/file-format-schema.json';

/** Names that get a frame of their own. */
const MAX_FRAMES = 16_384;

/** Pages of speedscope's list of profiles would be of no use; the rest is one profile. */
const MAX_PROFILES = 500;

/**
 * A speedscope file (https://github.com/jlfwong/speedscope/wiki/Importing-from-custom-sources). Traces are merged by
 * name: a sampled profile for each name of a root, the slowest first. One trace that was asked for by its id is drawn
 * as it ran: an evented profile, and one more for each lane of spans that ran at once.
 */
export async function* exportSpeedscope(
  traces: AsyncIterable<StoredTrace>,
  source: ExportSource,
): AsyncGenerator<string> {
  const frames = new Frames();
  const name = source.runs.map((run) => `${run.service} ${run.runId}`)[0] ?? 'ferret';
  yield `{"$schema":${safeJson(SCHEMA)},"exporter":"ferret","name":${safeJson(name)},"activeProfileIndex":0,"profiles":[`;
  let separator = '\n';
  for await (const profile of source.isOneTrace ? drawn(traces, frames, source) : merged(traces, frames, source)) {
    yield `${separator}${profile}`;
    separator = ',\n';
  }
  yield `\n],"shared":{"frames":[\n${frames.names.map((frame) => safeJson({ name: frame })).join(',\n')}\n]}}\n`;
  if (frames.others > 0) {
    source.warn(
      `${countOf(frames.others, 'name')} drawn as "${OTHER_NAMES}": there are more than ${MAX_FRAMES}. ` +
        'Names made of data (ids, paths) belong into attributes.',
    );
  }
}

async function* merged(
  traces: AsyncIterable<StoredTrace>,
  frames: Frames,
  { warn }: ExportSource,
): AsyncGenerator<string> {
  const tree = new NameTree();
  for await (const trace of traces) tree.add(trace);
  const roots = tree.roots();
  for (const root of roots.slice(0, MAX_PROFILES)) yield toSampled(root.name, [root], frames);
  const rest = roots.slice(MAX_PROFILES);
  if (rest.length > 0) yield toSampled(`${countOf(rest.length, 'other root')}`, rest, frames);
  warnOfCuts(tree, warn);
}

/**
 * A sample for each stack of names, weighted by what its last span spent itself: in this order a chart in time is a
 * flame graph.
 */
function toSampled(title: string, roots: readonly NameNode[], frames: Frames): string {
  const samples: string[] = [];
  const weights: number[] = [];
  const stack: number[] = [];
  const pending = [...roots].reverse();
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    stack.length = node.depth;
    stack.push(frames.of(node.name));
    if (node.selfNanos > 0) {
      samples.push(`[${stack.join(',')}]`);
      weights.push(node.selfNanos);
    }
    pending.push(...slowestFirst(node.children).reverse());
  }
  const end = weights.reduce((sum, weight) => sum + weight, 0);
  const head = `"type":"sampled","name":${safeJson(title)},"unit":"nanoseconds","startValue":0,"endValue":${end}`;
  return `{${head},"samples":[${samples.join(',')}],"weights":[${weights.join(',')}]}`;
}

async function* drawn(
  traces: AsyncIterable<StoredTrace>,
  frames: Frames,
  { warn }: ExportSource,
): AsyncGenerator<string> {
  let [deepSpans, foldedSpans] = [0, 0];
  let title: string | undefined;
  for await (const trace of traces) {
    title ??= (trace.spans.find((span) => span.isLocalRoot) ?? trace.spans[0])?.name ?? '';
    for (const span of trace.spans) foldedSpans += countFolded(foldedInto(span));
    const lanes = layOutLanes(trace.spans);
    const endNanos = lanes.reduce((latest, { events }) => Math.max(latest, events.at(-1)?.atNanos ?? 0), 0);
    for (const [index, lane] of lanes.entries()) {
      const shown = withoutDeep(lane);
      deepSpans += (lane.events.length - shown.length) / 2;
      yield toEvented(titleOf(title, trace, index, lanes.length), shown, endNanos, frames);
    }
  }
  if (deepSpans > 0) warn(`${countOf(deepSpans, 'span')} below a depth of ${MAX_DEPTH} left out.`);
  warnOfFolded(foldedSpans, warn);
}

/** The title of a profile: `GET /users/:id 4bf92f3577b34da6a3ce929d0e0e4736, lane 2 of 3`. */
function titleOf(root: string, { traceId, part }: StoredTrace, lane: number, lanes: number): string {
  const pieces = [`${root} ${traceId}`];
  if (part > 0) pieces.push(`part ${part + 1}`);
  if (lanes > 1) pieces.push(`lane ${lane + 1} of ${lanes}`);
  return pieces.join(', ');
}

function withoutDeep({ events }: Lane): LaneEvent[] {
  let depth = 0;
  return events.filter(({ kind }) => {
    if (kind === 'open') depth += 1;
    const isShown = depth <= MAX_DEPTH;
    if (kind === 'close') depth -= 1;
    return isShown;
  });
}

function toEvented(title: string, events: readonly LaneEvent[], endNanos: number, frames: Frames): string {
  const texts = events.map(
    ({ kind, span, atNanos }) =>
      `{"type":"${kind === 'open' ? 'O' : 'C'}","frame":${frames.of(frameName(span))},"at":${atNanos}}`,
  );
  const head = `"type":"evented","name":${safeJson(title)},"unit":"nanoseconds","startValue":0,"endValue":${endNanos}`;
  return `{${head},"events":[${texts.join(',')}]}`;
}

/**
 * The dictionary that profiles refer to by position: a frame for each name and way to end. They are known once all
 * spans are.
 */
class Frames {
  readonly names: string[] = [];
  readonly #positions = new Map<string, number>();
  readonly #others = new Set<string>();

  /** Names without a frame of their own; as many as were counted. */
  get others(): number {
    return this.#others.size;
  }

  of(name: string): number {
    const known = this.#positions.get(name);
    if (known !== undefined) return known;
    if (this.names.length < MAX_FRAMES) return this.#add(name);
    if (this.#others.size < MAX_FRAMES) this.#others.add(name);
    return this.#positions.get(OTHER_NAMES) ?? this.#add(OTHER_NAMES);
  }

  #add(name: string): number {
    const position = this.names.push(name) - 1;
    this.#positions.set(name, position);
    return position;
  }
}
