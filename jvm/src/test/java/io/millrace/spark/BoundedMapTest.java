package io.millrace.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class BoundedMapTest {

  @Test
  void forgetsTheEldestAndNoOther() {
    BoundedMap<String, Integer> map = new BoundedMap<>(2);
    map.put("a", 1);
    map.put("b", 2);
    map.put("a", 3);
    assertEquals(2, map.size(), "a key that comes again is not one more");
    map.put("c", 4);
    assertEquals(List.of("b", "c"), List.copyOf(map.keySet()), "the eldest has to go");
  }
}
