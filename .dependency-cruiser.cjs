// The rules of the house: nothing runs back up, and what knows a server stands in one package.
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'domain-imports-nothing-outward',
      comment:
        'domain/ holds pure functions: itself, node:url, node:crypto and the few libraries that know names, versions and times',
      severity: 'error',
      from: { path: '^services/[^/]+/src/domain/', pathNot: '\\.test\\.ts$' },
      to: {
        pathNot: [
          '^services/[^/]+/src/domain/',
          '^(node:)?(url|crypto)$',
          'node_modules/(tldts|semver|croner)/',
        ],
      },
    },
    {
      name: 'services-never-import-each-other',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/([^/]+)/', pathNot: '^services/$1/' },
    },
    {
      name: 'services-never-import-the-gateway',
      severity: 'error',
      from: { path: '^(services|packages)/', pathNot: '^packages/testing/' },
      to: { path: '^gateway/' },
    },
    {
      name: 'packages-never-import-services',
      severity: 'error',
      from: { path: '^(packages|gateway)/', pathNot: '^packages/testing/' },
      to: { path: '^services/' },
    },
    {
      name: 'only-store-imports-mongoose',
      severity: 'error',
      from: { path: '^(packages|services|gateway)/', pathNot: '^packages/store/' },
      to: { path: 'node_modules/(mongoose|mongodb|bson)/' },
    },
    {
      name: 'only-bus-imports-nats',
      severity: 'error',
      from: { path: '^(packages|services|gateway)/', pathNot: '^packages/bus/' },
      to: { path: 'node_modules/@nats-io/' },
    },
    {
      name: 'the-gateway-keeps-nothing',
      comment: 'the gateway knows the contract and calls services; it has no database',
      severity: 'error',
      from: { path: '^gateway/' },
      to: { path: '^packages/(store|embedded)/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(test|bench)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
    parser: 'swc',
    extraExtensionsToScan: [],
  },
};
