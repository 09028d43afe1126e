import type { NativeImage, WebContents } from 'electron';
import { photoUrls } from '../../preload/contract/api.ts';
import type { PhotoId } from '../../preload/contract/api.ts';
import type { HostedServices } from '../host/hosted.ts';
import { appOrigin } from './protocol.ts';

/** Side of the picture under the pointer, in points. */
const dragIconSide = 64;

export interface DragOptions {
  readonly services: Pick<HostedServices, 'photoPath' | 'respond'>;
  readonly nativeImage: { createFromBuffer(buffer: Buffer): NativeImage };
  /** Absolute path of the picture shown for a photo without a thumbnail; macOS drags nothing without one. */
  readonly icon: string;
}

/** Lets the person carry a photo's file out of the window; nothing happens for one that has no file. */
export async function dragPhoto(
  page: Pick<WebContents, 'startDrag' | 'isDestroyed'>,
  photoId: PhotoId,
  { services, nativeImage, icon }: DragOptions,
): Promise<void> {
  const file = await services.photoPath(photoId);
  if (file === null) return;
  const thumbnail = await services.respond(new Request(appOrigin + photoUrls.thumbnail(photoId)));
  const picture = nativeImage.createFromBuffer(Buffer.from(thumbnail?.body ?? ''));
  if (page.isDestroyed()) return;
  page.startDrag({ file, icon: picture.isEmpty() ? icon : picture.resize({ height: dragIconSide }) });
}
