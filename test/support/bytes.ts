export * from '../../src/packet/bytes.ts';
