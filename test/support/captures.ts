export * from '../../src/packet/captures.ts';
