/** The architecture as rules; docs/DESIGN.md says why. */
const programs = '^(server|infra-node|agent)/';
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-is-pure',
      severity: 'error',
      from: { path: '^core/' },
      to: { pathNot: '^(core/|node_modules/ipaddr\\.js)', dependencyTypesNot: ['core'] },
    },
    {
      name: 'core-does-no-io',
      severity: 'error',
      from: { path: '^core/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|util|zlib)$' },
    },
    {
      name: 'adapters-know-only-core',
      severity: 'error',
      from: { path: '^adapters/' },
      to: { path: programs },
    },
    {
      name: 'programs-do-not-import-each-other',
      severity: 'error',
      from: { path: '^(server|infra-node|agent)/' },
      to: { path: '^(server|infra-node|agent)/', pathNot: '^$1/' },
    },
    {
      name: 'adapters-only-from-main-and-context',
      severity: 'error',
      from: { path: programs, pathNot: '^[^/]+/(main|context|config|metrics)\\.ts$' },
      to: { path: '^adapters/', pathNot: '^adapters/grpc/' },
    },
    {
      name: 'only-the-pulsar-adapter-names-pulsar-client',
      severity: 'error',
      from: { pathNot: '^(adapters/pulsar|bench|scripts)/' },
      to: { path: 'node_modules/pulsar-client' },
    },
    {
      name: 'only-the-redis-adapter-names-ioredis',
      severity: 'error',
      from: { pathNot: '^adapters/redis/' },
      to: { path: 'node_modules/ioredis' },
    },
    {
      name: 'only-the-process-adapter-names-prom-client',
      severity: 'error',
      from: { pathNot: '^adapters/process/' },
      to: { path: 'node_modules/prom-client' },
    },
    {
      name: 'production-code-does-not-import-tests',
      severity: 'error',
      from: { pathNot: '^(test|bench|demo|local|scripts|chaos)/' },
      to: { path: '^(test|bench|demo|local|scripts|chaos)/' },
    },
    {
      name: 'nobody-imports-chaos',
      severity: 'error',
      from: { pathNot: '^(chaos|test)/' },
      to: { path: '^chaos/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
