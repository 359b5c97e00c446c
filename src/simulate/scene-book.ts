/** The scenes of all kinds, each made ready when it is first played: a template takes milliseconds to make. */
import { transactionScene, type SceneForm, type TransactionScene } from './scene.js';
import type { Touch } from './touch.js';
import type { TransactionKind } from './workload.js';

export class SceneBook {
  private readonly form: SceneForm;
  private readonly scenes = new Map<TransactionKind, (TransactionScene | undefined)[]>();

  constructor(form: SceneForm) {
    this.form = form;
  }

  sceneOf({ slot: { kind }, scene }: Touch): TransactionScene {
    let scenes = this.scenes.get(kind);
    if (scenes === undefined) this.scenes.set(kind, (scenes = []));
    return (scenes[scene] ??= transactionScene(kind, scene, this.form));
  }
}
