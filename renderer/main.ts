import { mount } from 'svelte';
import type { Bridge } from '../preload/contract/api.ts';
import { connect } from './api/bridge.ts';
import { saveFile, pickFiles } from './api/files.ts';
import { createCommands } from './commands/commands.ts';
import App from './App.svelte';
import { ConnectionStore } from './stores/connection.svelte.ts';
import { createStores } from './stores/stores.ts';
import './styles/tokens.css';
import './styles/base.css';

const connection = new ConnectionStore();
const bridge = connect((isConnected) => (connection.isConnected = isConnected));
if (bridge) void open(bridge);

async function open(bridge: Bridge): Promise<void> {
  const stores = createStores(bridge, {
    connection,
    storage: localStorage,
    visit: sessionStorage,
    windowSize: { width: innerWidth, height: innerHeight },
    address: {
      read: () => location.hash.replace(/^#\/?/, ''),
      write: (place) => {
        if (place !== location.hash.replace(/^#\/?/, '')) history.pushState(null, '', `#/${place}`);
      },
    },
    save: ({ url, fileName }) => url !== null && saveFile(url, fileName),
    pickFiles,
  });
  const commands = createCommands(stores);

  window.addEventListener('popstate', () => void stores.session.restore());
  const started = stores.start((command) => commands[command]());
  // Where the answers came with the page it is drawn once, with them.
  await Promise.race([started.catch(() => undefined), new Promise((resolve) => setTimeout(resolve))]);
  mount(App, { target: document.getElementById('app')!, props: { stores, commands } });
  await started;
}
