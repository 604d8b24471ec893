import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Framework } from './frameworks.js';

/** The way an agent is started, by its documentation. */
export interface Agent {
  readonly name: string;
  /** Node's options for a CommonJS application. */
  readonly commonjs: readonly string[];
  /** Node's options for an application of ES modules. */
  readonly esm: readonly string[];
  /** The same for Nest 12, where that is different. */
  readonly nest12?: readonly string[];
  /** It talks to no host, and needs none. */
  readonly environment: Readonly<Record<string, string>>;
}

const beside = (name: string) => fileURLToPath(new URL(`agents/${name}.cjs`, import.meta.url));

/** Node's options for an application with this agent. */
export function flagsOf(agent: Agent, { name, isEsm }: Framework): readonly string[] {
  if (!isEsm) return agent.commonjs;
  return (name.startsWith('Nest 12') ? agent.nest12 : undefined) ?? agent.esm;
}

/** @param modules The `node_modules` that the agent is installed in. */
export function agentIn(modules: string, name: string): Agent {
  const report = beside(name);
  const file = (path: string) => `${modules}/${path}`;
  const url = (path: string) => pathToFileURL(file(path)).href;
  const agents: Record<string, Omit<Agent, 'name'>> = {
    newrelic: {
      commonjs: ['-r', file('newrelic/index.js'), '-r', report],
      esm: ['--import', url('newrelic/esm-loader.mjs'), '-r', file('newrelic/index.js'), '-r', report],
      // Its loader puts `require` into an ES module of Nest 12, which then does not load.
      nest12: ['-r', file('newrelic/index.js'), '-r', report],
      environment: {
        NEW_RELIC_APP_NAME: 'neighbours',
        NEW_RELIC_LICENSE_KEY: '0'.repeat(40),
        NEW_RELIC_HOST: '127.0.0.1',
        NEW_RELIC_PORT: '9',
        NEW_RELIC_LOG_ENABLED: 'false',
        ...Object.fromEntries(
          ['AWS', 'AZURE', 'AZUREFUNCTION', 'GCP', 'GCP_USE_INSTANCE_AS_HOST', 'PCF', 'DOCKER', 'KUBERNETES'].map(
            (host) => [`NEW_RELIC_UTILIZATION_DETECT_${host}`, 'false'],
          ),
        ),
      },
    },
    sentry: {
      commonjs: ['-r', report],
      esm: ['--import', url('@sentry/node/build/import-hook.mjs'), '--import', pathToFileURL(report).href],
      environment: {},
    },
    elastic: {
      commonjs: ['-r', file('elastic-apm-node/start.js'), '-r', report],
      esm: [
        '--experimental-loader',
        url('elastic-apm-node/loader.mjs'),
        '-r',
        file('elastic-apm-node/start.js'),
        '-r',
        report,
      ],
      environment: {
        ELASTIC_APM_SERVER_URL: 'http://127.0.0.1:9',
        ELASTIC_APM_SERVICE_NAME: 'neighbours',
        ELASTIC_APM_LOG_LEVEL: 'off',
        ELASTIC_APM_CENTRAL_CONFIG: 'false',
        ELASTIC_APM_CLOUD_PROVIDER: 'none',
        ELASTIC_APM_METRICS_INTERVAL: '0s',
      },
    },
    datadog: {
      commonjs: ['-r', file('dd-trace/init.js'), '-r', report],
      esm: ['--import', url('dd-trace/initialize.mjs'), '-r', report],
      environment: {
        DD_TRACE_EXPERIMENTAL_EXPORTER: 'log',
        DD_TRACE_AGENT_URL: 'http://127.0.0.1:9',
        DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
        DD_REMOTE_CONFIGURATION_ENABLED: 'false',
        DD_TRACE_STARTUP_LOGS: 'false',
        DD_RUNTIME_METRICS_ENABLED: 'false',
      },
    },
    opentelemetry: {
      commonjs: ['-r', report],
      esm: ['--experimental-loader', url('@opentelemetry/instrumentation/hook.mjs'), '-r', report],
      environment: {
        OTEL_SERVICE_NAME: 'neighbours',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
        OTEL_NODE_RESOURCE_DETECTORS: 'none',
      },
    },
  };
  const agent = agents[name];
  if (agent === undefined) throw new Error(`There is no agent ${name}`);
  return { name, ...agent, environment: { AGENT_MODULES: modules, ...agent.environment } };
}
