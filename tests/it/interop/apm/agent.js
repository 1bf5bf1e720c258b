// Sends one error with the Node.js agent, configured by its environment, or by the file that argv[2] names. Exits 0
// whatever comes of it.
const options = process.argv[2] ? { configFile: process.argv[2] } : {};
const agent = require('elastic-apm-node').start({
  serviceName: 'probe',
  metricsInterval: '0s',
  centralConfig: false,
  cloudProvider: 'none',
  logLevel: 'off',
  instrument: false,
  apiRequestTime: '1s',
  ...options,
});
agent.captureError(new Error('hello'), () => agent.flush(() => process.exit(0)));
setTimeout(() => process.exit(0), 8000);
