import FileJson from '@lucide/svelte/icons/file-json';
import FileText from '@lucide/svelte/icons/file-text';
import Pencil from '@lucide/svelte/icons/pencil';
import Trash2 from '@lucide/svelte/icons/trash-2';
import type { ConversationSummary } from '../../../preload/contract/api.ts';
import type { MenuItem } from '../../components/ui/Menu.svelte';
import type { Stores } from '../../stores/stores.ts';

/** What can be done with a conversation, in its row of the list and in its own header alike. */
export function conversationActions(
  { conversations, i18n }: Stores,
  conversation: ConversationSummary,
  rename: () => void,
): readonly MenuItem[] {
  const t = i18n.t.shell.library;
  return [
    { label: t.rename, icon: Pencil, run: rename },
    {
      label: t.exportMarkdown,
      icon: FileText,
      separated: true,
      run: () => void conversations.export(conversation.id, 'markdown'),
    },
    { label: t.exportJson, icon: FileJson, run: () => void conversations.export(conversation.id, 'json') },
    {
      label: t.delete,
      icon: Trash2,
      tone: 'danger',
      separated: true,
      run: () => void conversations.remove(conversation),
    },
  ];
}
