// The agents that e2e/neighbours runs beside Ferret, in versions that run on Node 20. Each is installed into a folder
// of its own, outside the project's lockfile, because users of the project do not need them.
import { installApart } from './install-apart.mjs';

/** The packages of each agent, in exact versions. */
export const NEIGHBOURS = {
  newrelic: ['newrelic@13.20.0'],
  sentry: ['@sentry/node@11.12.0'],
  elastic: ['elastic-apm-node@4.18.0'],
  datadog: ['dd-trace@5.132.0'],
  opentelemetry: [
    '@opentelemetry/api@1.9.1',
    '@opentelemetry/sdk-node@0.223.0',
    '@opentelemetry/auto-instrumentations-node@0.81.2',
    '@fastify/otel@0.21.2',
  ],
};

/**
 * Installs an agent, without its native parts: the two agents that can have some do not need them for traces.
 *
 * @returns {string | undefined} its `node_modules`; undefined where it cannot be installed, and the reason is printed
 */
export function installNeighbour(name, cache) {
  try {
    return installApart(`${cache}/neighbours-${name}`, NEIGHBOURS[name]);
  } catch (error) {
    console.warn(`Left out: ${name} could not be installed from npm. ${error.message}`);
    return undefined;
  }
}
