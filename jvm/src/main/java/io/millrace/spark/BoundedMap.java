package io.millrace.spark;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Forgets its eldest entry rather than hold more than so many: what begins is put in, and an end
 * that nobody tells of must not fill the driver's heap.
 */
final class BoundedMap<K, V> extends LinkedHashMap<K, V> {

  private static final long serialVersionUID = 1L;

  private final int most;

  BoundedMap(int most) {
    this.most = most;
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
    return size() > most;
  }
}
