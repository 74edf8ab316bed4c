package io.millrace.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3tables.S3TablesClient;
import software.amazon.s3tables.iceberg.S3TablesCatalog;

class PagedS3TablesCatalogTest {

  private static PagedS3TablesCatalog over(S3TablesClient client) {
    return new PagedS3TablesCatalog() {
      @Override
      S3TablesClient client() {
        return client;
      }
    };
  }

  @Test
  void everyPageOfTablesIsListedOnce() {
    Namespace sales = Namespace.of("sales");
    List<TableIdentifier> tables = over(new FakeS3Tables("sales", 5)).listTables(sales);
    List<String> names = tables.stream().map(TableIdentifier::name).toList();
    assertEquals(List.of("t0", "t1", "t2", "t3", "t4"), names);
  }

  @Test
  void everyPageOfNamespacesIsListedOnce() {
    List<Namespace> namespaces = over(new FakeS3Tables("n0", 3)).listNamespaces(Namespace.empty());
    assertEquals(List.of(Namespace.of("n0"), Namespace.of("n1"), Namespace.of("n2")), namespaces);
  }

  @Test
  void anUnknownNamespaceIsIcebergsOwnError() {
    PagedS3TablesCatalog catalog = over(new FakeS3Tables("sales", 1));
    Namespace other = Namespace.of("other");
    assertThrows(NoSuchNamespaceException.class, () -> catalog.listTables(other));
  }

  @Test
  void tableDefaultsReachTheSuperclass() throws Exception {
    try (PagedS3TablesCatalog catalog = new PagedS3TablesCatalog()) {
      Map<String, String> given =
          Map.of(
              "warehouse", "arn:aws:s3tables:eu-central-1:123456789012:bucket/lake",
              "client.region", "eu-central-1",
              "table-default.commit.retry.num-retries", "30");
      catalog.initialize("lake", given);
      assertEquals(given, catalog.properties());
      assertNotNull(catalog.client());
    }
  }

  @Test
  void theFieldThatIsReadByNameIsThere() throws Exception {
    Class<?> type = S3TablesCatalog.class.getDeclaredField("tablesClient").getType();
    assertEquals(S3TablesClient.class, type);
  }
}
