package io.millrace.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LastReadersTest {

  private final List<Duration> waited = new ArrayList<>();

  @Test
  void anExecutorWithFilesServesThemALittleLonger() {
    new LastReaders.Server(() -> true, waited::add).shutdown();
    assertEquals(List.of(LastReaders.GRACE), waited);
  }

  @Test
  void anExecutorThatNobodyReadsFromEndsAtOnce() {
    new LastReaders.Server(() -> false, waited::add).shutdown();
    assertEquals(List.of(), waited, "a fleet that shrinks must not wait for nothing");
  }

  @Test
  void theDriverHasNoPartInIt() {
    assertNull(new LastReaders().driverPlugin());
  }
}
