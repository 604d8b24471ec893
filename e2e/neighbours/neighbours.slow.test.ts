import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { installNeighbour, NEIGHBOURS } from '../../scripts/neighbours.mjs';
import { agentIn } from './agents.js';
import { FRAMEWORKS } from './frameworks.js';
import { type Observation, observe } from './observe.js';

const cache = fileURLToPath(new URL('../../.cache', import.meta.url));

/** An agent that cannot be installed here is left out; installNeighbour() says so. */
const agents = Object.keys(NEIGHBOURS).flatMap((name) => {
  const modules = installNeighbour(name, cache);
  return modules === undefined ? [] : agentIn(modules, name);
});

/** An agent may add properties to the objects that the application sees. */
function withoutObjects({ 'what the application sees': _objects, ...answers }: Observation['answers']) {
  return answers;
}

describe.each(FRAMEWORKS)('$name', (framework) => {
  const alone = new Map<string, Promise<Observation>>();

  /** Without Ferret where an agent is given; else Ferret without an agent. Each runs once. */
  function runAlone(agent?: (typeof agents)[number]): Promise<Observation> {
    const key = agent?.name ?? 'ferret';
    const run = alone.get(key) ?? observe(framework, agent, agent === undefined ? 'beside' : 'without');
    alone.set(key, run);
    return run;
  }

  it('A1: without a neighbour, Ferret names what the neighbours are to leave alone', async () => {
    const { spans } = await runAlone();
    expect(spans).toContainEqual(
      expect.stringMatching(/^GET \/api\/t\/:tenant\/users\/:id in 00f067aa0ba902b7 ok 200 /),
    );
    expect(spans).toContainEqual(expect.stringMatching(/^SELECT user in GET \/api\/t\/:tenant\/users\/:id ok/));
    expect(spans).toContainEqual(expect.stringMatching(/^GET \/endless in null aborted 200 /));
  });

  describe.each(agents)('beside $name', (agent) => {
    it.each([
      ['A1: loaded behind it', 'beside'],
      ['A1: loaded before it, with its error handler last', 'first'],
    ] as const)('%s: the same answers, and both name the same', async (_title, presence) => {
      const [ferret, neighbour, both] = await Promise.all([
        runAlone(),
        runAlone(agent),
        observe(framework, agent, presence),
      ]);
      expect(both).toEqual({ ...neighbour, spans: ferret.spans });
      expect(withoutObjects(both.answers)).toEqual(withoutObjects(ferret.answers));
    });
  });
});
