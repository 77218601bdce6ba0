export default { output: process.env.NEXT_STANDALONE === '1' ? 'standalone' : undefined };
