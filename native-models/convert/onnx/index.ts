export { convertEnhance, convertProjector } from './convert-enhance.ts';
export { convertVision, type VisionConversion, type VisionResult } from './convert-vision.ts';
