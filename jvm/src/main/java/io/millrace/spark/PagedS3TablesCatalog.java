package io.millrace.spark;

import java.lang.reflect.Field;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.CatalogProperties;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import software.amazon.awssdk.services.s3tables.S3TablesClient;
import software.amazon.awssdk.services.s3tables.model.ListNamespacesRequest;
import software.amazon.awssdk.services.s3tables.model.ListTablesRequest;
import software.amazon.awssdk.services.s3tables.model.NotFoundException;
import software.amazon.s3tables.iceberg.S3TablesCatalog;

/**
 * The S3 Tables catalogue of awslabs 0.1.7, with three faults of it repaired.
 *
 * <ul>
 *   <li>Its listings never pass the continuation token on, so a namespace with more tables than
 *       fit into one answer is listed for ever. Here the SDK's paginators list.
 *   <li>It refuses {@code DROP TABLE} without {@code PURGE}. S3 Tables has one way to delete a
 *       table, so here both mean that.
 *   <li>It ignores {@code table-default.*} and {@code table-override.*}, because it never tells
 *       its superclass what properties it was given.
 * </ul>
 */
public class PagedS3TablesCatalog extends S3TablesCatalog {

  private static final int TABLES_PER_ANSWER = 1000;

  private String tableBucketArn;
  private Map<String, String> properties = Map.of();

  /** For Iceberg, which makes catalogues by name. */
  public PagedS3TablesCatalog() {
    super();
  }

  @Override
  public void initialize(String name, Map<String, String> given) {
    this.tableBucketArn = given.get(CatalogProperties.WAREHOUSE_LOCATION);
    this.properties = Map.copyOf(given);
    super.initialize(name, given);
  }

  @Override
  protected Map<String, String> properties() {
    return properties;
  }

  @Override
  public List<TableIdentifier> listTables(Namespace namespace) {
    ListTablesRequest request =
        ListTablesRequest.builder()
            .tableBucketARN(tableBucketArn)
            .namespace(namespace.level(0))
            .maxTables(TABLES_PER_ANSWER)
            .build();
    try {
      return client().listTablesPaginator(request).tables().stream()
          .map(table -> TableIdentifier.of(namespace, table.name()))
          .toList();
    } catch (NotFoundException error) {
      throw new NoSuchNamespaceException(error, "Namespace does not exist: %s", namespace);
    }
  }

  @Override
  public List<Namespace> listNamespaces(Namespace parent) {
    if (!parent.isEmpty()) {
      return super.listNamespaces(parent);
    }
    ListNamespacesRequest request =
        ListNamespacesRequest.builder().tableBucketARN(tableBucketArn).build();
    return client().listNamespacesPaginator(request).namespaces().stream()
        .map(summary -> Namespace.of(summary.namespace().get(0)))
        .toList();
  }

  @Override
  public boolean dropTable(TableIdentifier identifier, boolean purge) {
    return super.dropTable(identifier, true);
  }

  /** The client that the superclass made; it keeps it private and offers no other way. */
  S3TablesClient client() {
    try {
      Field field = S3TablesCatalog.class.getDeclaredField("tablesClient");
      field.setAccessible(true);
      return (S3TablesClient) field.get(this);
    } catch (ReflectiveOperationException error) {
      throw new IllegalStateException(
          "S3TablesCatalog has no field tablesClient: this class is for version 0.1.7", error);
    }
  }
}
