export * from '../../src/packet/packets.ts';
