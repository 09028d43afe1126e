/** Owns whether the program behind the window answers. Created by `main.ts`, which hands it to the bridge. */
export class ConnectionStore {
  isConnected = $state(true);
}
