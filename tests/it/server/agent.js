// One transaction with a span and an error, sent by Elastic's agent with the settings of its environment.
const apm = require(process.argv[2]).start({ logLevel: 'off', metricsInterval: '0s', apiRequestTime: '500ms' });
const transaction = apm.startTransaction('probe', 'request');
apm.startSpan('span').end();
apm.captureError(new Error('probe'));
transaction.end();
setTimeout(() => apm.flush(() => apm.destroy()), 300);
