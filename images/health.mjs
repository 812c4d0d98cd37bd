// HEALTHCHECK of the images: does the program's event loop turn?
const port = (process.env.VPCAST_HEALTH_ADDRESS ?? '').split(':').at(-1);
const { ok } = await fetch(`http://127.0.0.1:${port}/healthz`);
process.exitCode = ok ? 0 : 1;
