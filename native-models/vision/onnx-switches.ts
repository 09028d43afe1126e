/**
 * The environment that ONNX Runtime must find when it is loaded. Static imports run first, so its owner imports this
 * module before the library, and every child process is started with the same.
 *
 * Since 1.29 the builds for Linux and macOS hold a telemetry client: it looks up a host of its maker again and again
 * and writes a device id, queued events and a log outside the program's own folder. This ends all of it.
 */
export const onnxSwitches = { ORT_DISABLE_TELEMETRY: '1' } as const;

Object.assign(process.env, onnxSwitches);
