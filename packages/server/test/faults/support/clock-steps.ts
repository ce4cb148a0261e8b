/** Preloaded: at SIGUSR2 this process's wall clock goes on ten minutes later, as when its machine is set right or wrong. */
const STEP = 600_000

let ahead = 0
const real = Date.now
Date.now = () => real() + ahead
process.on("SIGUSR2", () => void (ahead += STEP))
