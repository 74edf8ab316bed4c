"""What others have in the account, one of every kind that a stack of ours makes."""

from __future__ import annotations

import json
from typing import Any

from tests.engine.accounts import REGION, client
from tests.engine.examples.holdings import STATES

POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "ec2.amazonaws.com"},
            }
        ],
    }
)
RIGHTS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}
        ],
    }
)


def settle(url: str) -> None:
    """Let somebody else be in the account already."""
    role = _people(url)
    _network(url)
    _machines(url)
    _data(url, role)
    _watching(url)


def _people(url: str) -> str:
    iam = client(url, "iam")
    role = iam.create_role(RoleName="analyst", AssumeRolePolicyDocument=POLICY)["Role"]["Arn"]
    iam.put_role_policy(RoleName="analyst", PolicyName="read", PolicyDocument=RIGHTS)
    policy = iam.create_policy(PolicyName="boundary", PolicyDocument=RIGHTS)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="analyst", PolicyArn=policy)
    iam.create_instance_profile(InstanceProfileName="analyst")
    iam.add_role_to_instance_profile(InstanceProfileName="analyst", RoleName="analyst")
    return str(role)


def _network(url: str) -> None:
    ec2 = client(url, "ec2")
    vpc = ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.99.1.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    group = ec2.create_security_group(VpcId=vpc, GroupName="web", Description="web")["GroupId"]
    web: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    web["IpRanges"] = [{"CidrIp": "10.0.0.0/8"}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[web])
    ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.sqs", VpcEndpointType="Interface"
    )
    elbv2 = client(url, "elbv2")
    balancer = elbv2.create_load_balancer(Name="web", Type="network", Subnets=[subnet])
    target = elbv2.create_target_group(Name="web", Protocol="TCP", Port=80, VpcId=vpc)
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol="TCP",
        Port=80,
        DefaultActions=[
            {"Type": "forward", "TargetGroupArn": target["TargetGroups"][0]["TargetGroupArn"]}
        ],
    )
    route53 = client(url, "route53")
    # A name that stacks of ours use too, in a VPC of its own.
    zone = route53.create_hosted_zone(
        Name="lakehouse.internal",
        CallerReference="theirs",
        VPC={"VPCRegion": REGION, "VPCId": vpc},
        HostedZoneConfig={"PrivateZone": True},
    )["HostedZone"]["Id"]
    record: dict[str, Any] = {"Name": "connect.lakehouse.internal", "Type": "A", "TTL": 60}
    record["ResourceRecords"] = [{"Value": "10.99.1.1"}]
    route53.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]},
    )


def _machines(url: str) -> None:
    template = client(url, "ec2").create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"InstanceType": "t4g.small"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    client(url, "autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
        MinSize=0,
        MaxSize=1,
        AvailabilityZones=[f"{REGION}a"],
    )


def _data(url: str, role: str) -> None:
    kms = client(url, "kms")
    key = kms.create_key(Description="theirs")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/theirs", TargetKeyId=key)
    states = kms.create_key(Description="of states")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/{STATES}", TargetKeyId=states)
    client(url, "secretsmanager").create_secret(Name="theirs", SecretString="theirs")
    client(url, "ssm").put_parameter(Name="/theirs", Value="theirs", Type="String")
    s3 = client(url, "s3")
    for bucket in ("theirs", STATES):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="theirs", Key="theirs", Body=b"theirs")
    tables = client(url, "s3tables")
    bucket = tables.create_table_bucket(name="theirs")["arn"]
    tables.create_namespace(tableBucketARN=bucket, namespace=["sales"])
    tables.create_table(tableBucketARN=bucket, namespace="sales", name="orders", format="ICEBERG")
    client(url, "glue").create_database(DatabaseInput={"Name": "theirs"})
    lake = client(url, "lakeformation")
    lake.put_data_lake_settings(
        DataLakeSettings={"DataLakeAdmins": [{"DataLakePrincipalIdentifier": role}]}
    )
    lake.create_lf_tag(TagKey="team", TagValues=["theirs"])
    lake.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": role},
        Resource={"Database": {"Name": "theirs"}},
        Permissions=["DESCRIBE"],
    )


def _watching(url: str) -> None:
    client(url, "logs").create_log_group(logGroupName="/theirs")
    topic = client(url, "sns").create_topic(Name="theirs")["TopicArn"]
    watch = client(url, "cloudwatch")
    watch.put_metric_alarm(
        AlarmName="theirs",
        Namespace="Theirs",
        MetricName="x",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
        Threshold=1,
        AlarmActions=[topic],
    )
    watch.put_dashboard(DashboardName="theirs", DashboardBody='{"widgets": []}')
    client(url, "cloudtrail").create_trail(Name="theirs", S3BucketName="theirs")
